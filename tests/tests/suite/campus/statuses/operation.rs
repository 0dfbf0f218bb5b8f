//! An operation, and the statuses that all have in common: envelope, token, keys, emptiness, types, values.

use serde_json::{Value, json};

use super::tables::Provoked;
use crate::campus::desk::{Person, envelope};
use crate::stage::Tested;

/// An operation and what spoils its data.
pub(super) struct Operation {
    pub(super) path: &'static str,
    pub(super) kind: &'static str,
    pub(super) subtype: &'static str,
    /// Data that is taken; `Null` if it must be made for each request.
    pub(super) good: Value,
    pub(super) wants_token: bool,
    /// A key that must be there, with the status when it is not.
    pub(super) needed: Option<(&'static str, i64)>,
    /// A key that must not be empty.
    pub(super) filled: Option<&'static str>,
    /// A key with a value of another type, and one with a value that cannot be.
    pub(super) wrong: Option<[(&'static str, Value); 2]>,
}

/// Longer than any text may be.
pub(super) fn long() -> Value {
    json!("x".repeat(3_000))
}

impl Operation {
    pub(super) fn new(path: &'static str, name: &'static str, good: Value) -> Self {
        let (kind, subtype) = name.split_once(' ').unwrap();
        Self { path, kind, subtype, good, wants_token: true, needed: None, filled: None, wrong: None }
    }

    /// With a field that must be there and not empty, a value of another type and one that cannot be.
    pub(super) fn field(self, key: &'static str, of_type: Value, of_value: Value) -> Self {
        let needed = Some((key, if self.kind == "property" { -202 } else { -3 }));
        Self { needed, filled: Some(key), wrong: Some([(key, of_type), (key, of_value)]), ..self }
    }

    /// With a purchase's number, where every text is one or none.
    pub(super) fn number(self) -> Self {
        Self { wrong: None, ..self.field("purchase_id", json!(null), json!(null)) }
    }

    /// For everybody.
    pub(super) fn open(self) -> Self {
        Self { wants_token: false, ..self }
    }

    fn name(&self) -> String {
        format!("{} {}", self.kind, self.subtype)
    }

    fn with(&self, key: &str, value: Option<Value>) -> Value {
        let mut data = self.good.clone();
        let fields = data.as_object_mut().unwrap();
        match value {
            Some(value) => drop(fields.insert(key.to_owned(), value)),
            None => drop(fields.remove(key)),
        }
        data
    }

    /// The statuses that operations have in common.
    pub(super) async fn provoke_common(&self, me: &Person, provoked: &mut Provoked) -> Tested {
        let name = &self.name();
        let path = format!("{}?token={}", self.path, me.token);
        let ask = async |path: &str, body: &Value| me.client.post(path, body).await;
        let whole = |data: Value| envelope((self.kind, self.subtype), data);
        let mut torn = whole(self.good.clone());
        torn.as_object_mut().unwrap().remove("status");
        provoked.expect(-1, name, &ask(&path, &torn).await?);
        let unknown = envelope((self.kind, "nothing"), self.good.clone());
        provoked.expect(-2, name, &ask(&path, &unknown).await?);
        if self.wants_token {
            provoked.expect(-100, name, &ask(self.path, &whole(self.good.clone())).await?);
            let stranger = format!("{}?token=nobody", self.path);
            provoked.expect(-101, name, &ask(&stranger, &whole(self.good.clone())).await?);
        }
        provoked.expect(-203, name, &ask(&path, &whole(json!([]))).await?);
        if let Some((key, status)) = self.needed {
            provoked.expect(status, name, &ask(&path, &whole(self.with(key, None))).await?);
        }
        if let Some(key) = self.filled {
            for empty in [json!(null), json!("")] {
                provoked.expect(-201, name, &ask(&path, &whole(self.with(key, Some(empty)))).await?);
            }
        }
        for (status, (key, value)) in [-203, -204].into_iter().zip(self.wrong.clone().into_iter().flatten()) {
            provoked.expect(status, name, &ask(&path, &whole(self.with(key, Some(value)))).await?);
        }
        Ok(())
    }
}
