//! What the projector does before it folds: tables, the lease, and where each projection goes on, or begins anew.

use std::time::Duration;

use event_store::{Position, StoreError, in_time};
use tokio::time::{sleep, timeout};

use crate::checkpoint::{self, Checkpoint, Stored};
use crate::lane::{Interrupt, Lane};
use crate::projection::Fold;
use crate::runner::Runner;
use crate::writer::Writer;

/// For longer than this no other server believes a checkpoint that it has read: twice as long as they are looked at again.
const BELIEVED_MAX: Duration = Duration::from_secs(2);

impl Runner {
    /// Makes sure that tables are there, waits for the lease and decides where each projection goes on.
    pub(crate) async fn prepare(&self) -> Result<(Writer, Vec<Lane>), Interrupt> {
        let mut writer = in_time(async { Ok(Writer::connect(&self.views.db).await?) }).await?;
        in_time(checkpoint::create_missing(&self.views.db, &mut writer, &self.projections)).await?;
        self.lease(&mut writer).await?;
        let stored = checkpoint::load(&self.views.db).await?;
        in_time(async { Ok(checkpoint::resume(&mut writer).await?) }).await?;
        let (mut lanes, mut unusable) = (Vec::new(), Vec::new());
        for projection in self.projections.iter() {
            let row = stored.iter().find(|row| row.name == projection.name());
            let reason = self.unusable(row, projection.version()).await?;
            if let Some(reason) = &reason {
                let projection = projection.name();
                tracing::warn!(projection, reason, "the projection is rebuilt from nothing");
            }
            let at = row.filter(|_| reason.is_none()).map(|row| row.at);
            if at.is_none() {
                unusable.push(projection.as_ref());
            }
            lanes.push(Lane::new(projection.clone(), at.unwrap_or(Checkpoint::START)));
        }
        if !unusable.is_empty() {
            self.reset(&mut writer, &stored, &unusable).await?;
        }
        Ok((writer, lanes))
    }

    /// Empties projections whose rows cannot be used. Who shares the views learns it first.
    async fn reset(
        &self,
        writer: &mut Writer,
        stored: &[Stored],
        unusable: &[&dyn Fold],
    ) -> Result<(), Interrupt> {
        self.tell_unready();
        let is_known = |projection: &&&dyn Fold| stored.iter().any(|row| row.name == projection.name());
        let known: Vec<&str> = unusable.iter().filter(is_known).map(|projection| projection.name()).collect();
        in_time(async { Ok(checkpoint::disown(writer, &known).await?) }).await?;
        if self.views.log.is_shared() && !known.is_empty() {
            sleep(BELIEVED_MAX).await;
        }
        for projection in unusable {
            let reset = async {
                match known.contains(&projection.name()) {
                    true => checkpoint::reset_disowned(writer, *projection).await,
                    false => checkpoint::reset(writer, *projection).await.map(|()| true),
                }
            };
            if !timeout(self.options.write_timeout, reset).await.map_err(|_| StoreError::TimedOut)?? {
                return Err(Interrupt::Moved);
            }
        }
        Ok(())
    }

    /// Why rows on this checkpoint are worth nothing; `None` if they can be used, or there are none and the log is empty.
    async fn unusable(&self, row: Option<&Stored>, version: u32) -> Result<Option<String>, StoreError> {
        let Some(row) = row else {
            let is_new = self.was_empty || self.views.log.head().await?.position == Position::START;
            return Ok((!is_new).then(|| "there is no checkpoint".to_owned()));
        };
        if row.version == checkpoint::NO_VERSION {
            return Ok(Some("it was being made anew".to_owned()));
        }
        if row.version != i64::from(version) {
            return Ok(Some(format!("version {} wrote it, this is version {version}", row.version)));
        }
        let is_known = checkpoint::is_in(&self.views.log, row.at).await?;
        Ok((!is_known).then(|| format!("its event {} is not in this log", row.at.position)))
    }
}
