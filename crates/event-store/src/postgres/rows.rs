//! Events and answers as rows of their tables, so that many travel as one array.
//!
//! One array of rows, and not an array a column: PostgreSQL lays the values of each of several arrays aside one by one before it
//! joins them to rows again.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::{Oid, PgRecordEncoder};
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

use crate::batch::Answer;
use crate::event::RecordedEvent;

/// The number of the type `json`, the same in every database.
const JSON: Oid = Oid(114);

/// A row of `events`, its columns in their order.
pub(super) struct EventRow<'a>(pub(super) &'a RecordedEvent);

/// A row of `answers`, its columns in their order.
pub(super) struct AnswerRow<'a>(pub(super) &'a Answer);

/// JSON text, to the byte.
struct JsonText<'a>(&'a str);

impl Encode<'_, Postgres> for EventRow<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let event = self.0;
        let mut row = PgRecordEncoder::new(buffer);
        row.encode(event.stream.aggregate_type.as_ref())?
            .encode(event.stream.aggregate_id.as_ref())?
            .encode(event.sequence.cast_signed())?
            .encode(event.event_type.as_ref())?
            .encode(event.event_version.as_ref())?
            .encode(JsonText(&event.payload))?
            .encode(JsonText(&event.metadata))?
            .encode(event.position.to_sql())?
            .encode(event.commit_id)?
            .encode(event.recorded_at.micros())?
            .encode(event.hash.as_bytes().as_slice())?
            .finish();
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for EventRow<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("events")
    }
}

impl PgHasArrayType for EventRow<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::array_of("events")
    }
}

impl Encode<'_, Postgres> for AnswerRow<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let answer = self.0;
        let mut row = PgRecordEncoder::new(buffer);
        row.encode(answer.key.account.cast_signed())?
            .encode(answer.key.key.as_ref())?
            .encode(answer.request_hash.as_slice())?
            .encode(answer.body.as_ref())?
            .encode(answer.commit_id)?
            .encode(answer.recorded_at.micros())?
            .finish();
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for AnswerRow<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("answers")
    }
}

impl PgHasArrayType for AnswerRow<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::array_of("answers")
    }
}

impl Encode<'_, Postgres> for JsonText<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for JsonText<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(JSON)
    }
}
