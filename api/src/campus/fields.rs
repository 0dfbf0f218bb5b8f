//! The fields of an operation's data: what each must be stands beside it, in code and in the description.

use serde_json::{Map, Value};
use utoipa::openapi::{Object, ObjectBuilder};

use super::codes::Code;
use super::envelope::Failure;
use super::kinds::{Kind, Wrong};

/// What an operation's `data` holds; made by `request!`.
pub(super) trait Request: Sized {
    /// The envelope's `type`.
    const TYPE: &'static str;
    /// The envelope's `subtype`.
    const SUBTYPE: &'static str;
    /// What it does.
    const ABOUT: &'static str;
    /// The status of a missing key: the section's own, if its table names one.
    const MISSING: Code;
    /// The fields' rules.
    const RULES: &'static [Rule];

    /// Reads it by its rules.
    ///
    /// # Errors
    /// In this order, for all fields each: the key is missing, the value is empty, of a wrong type, wrong.
    fn read(data: &Map<String, Value>) -> Result<Self, Failure>;
}

/// Whether a key may be missing (可缺省) and its value empty (可为空). Empty is `null` or `""`.
pub(super) trait Presence {
    /// Whether the key must be there.
    const REQUIRED: bool;
    /// Whether the value may be empty.
    const MAY_BE_EMPTY: bool;
    /// What a value of `T` is read as.
    type Of<T>;

    /// From the key's value, if the key is there, and what was read of it, if it is not empty.
    fn of<T>(given: Given<T>) -> Option<Self::Of<T>>;
}

/// What became of a field that may be missing or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given<T> {
    /// The key is missing.
    Missing,
    /// The value is empty.
    Empty,
    /// There is a value.
    Value(T),
}

/// The key must be there with a value.
pub(super) enum Required {}
/// The key must be there; its value may be empty.
pub(super) enum RequiredOrEmpty {}
/// The key may be missing; if it is there it has a value.
pub(super) enum Optional {}
/// The key may be missing and its value empty.
pub(super) enum OptionalOrEmpty {}

impl Presence for Required {
    const REQUIRED: bool = true;
    const MAY_BE_EMPTY: bool = false;
    type Of<T> = T;

    fn of<T>(given: Given<T>) -> Option<T> {
        match given {
            Given::Value(value) => Some(value),
            Given::Missing | Given::Empty => None,
        }
    }
}

impl Presence for RequiredOrEmpty {
    const REQUIRED: bool = true;
    const MAY_BE_EMPTY: bool = true;
    type Of<T> = Option<T>;

    fn of<T>(given: Given<T>) -> Option<Option<T>> {
        Some(Required::of(given))
    }
}

impl Presence for Optional {
    const REQUIRED: bool = false;
    const MAY_BE_EMPTY: bool = false;
    type Of<T> = Option<T>;

    fn of<T>(given: Given<T>) -> Option<Option<T>> {
        Some(Required::of(given))
    }
}

impl Presence for OptionalOrEmpty {
    const REQUIRED: bool = false;
    const MAY_BE_EMPTY: bool = true;
    type Of<T> = Given<T>;

    fn of<T>(given: Given<T>) -> Option<Given<T>> {
        Some(given)
    }
}

/// A field's name, and what it must be.
pub(super) struct Rule {
    /// Its key.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) about: &'static str,
    /// Whether the key must be there.
    pub(super) required: bool,
    /// Whether the value may be empty.
    pub(super) may_be_empty: bool,
    check: fn(&Value) -> Result<(), Wrong>,
    schema: fn() -> ObjectBuilder,
}

impl Rule {
    /// The rule of a field of that presence and kind.
    pub(super) const fn new<P: Presence, K: Kind>(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            required: P::REQUIRED,
            may_be_empty: P::MAY_BE_EMPTY,
            check: |value| K::read(value).map(|_| ()),
            schema: K::schema,
        }
    }

    /// How it is described.
    pub(super) fn schema(&self) -> Object {
        let words = match (self.required, self.may_be_empty) {
            (true, false) => "不可缺省，不可为空",
            (true, true) => "不可缺省，可为空",
            (false, false) => "可缺省，不可为空",
            (false, true) => "可缺省，可为空",
        };
        let about = self.about.trim();
        (self.schema)().description(Some(format!("{about} ({words})"))).build()
    }
}

/// Checks all fields: all keys are there, then nothing is empty that must not be, then all types, then all values.
pub(super) fn check(data: &Map<String, Value>, rules: &[Rule], missing: Code) -> Result<(), Failure> {
    if let Some(rule) = rules.iter().find(|rule| rule.required && !data.contains_key(rule.name)) {
        return Err(Failure::at(missing, rule.name));
    }
    let given = || rules.iter().filter_map(|rule| data.get(rule.name).map(|value| (rule, value)));
    if let Some((rule, _)) = given().find(|(rule, value)| !rule.may_be_empty && is_empty(value)) {
        return Err(Failure::at(Code::Empty, rule.name));
    }
    let mut wrong_value = None;
    for (rule, value) in given().filter(|(_, value)| !is_empty(value)) {
        match (rule.check)(value) {
            Ok(()) => {}
            Err(Wrong::Type) => return Err(Failure::at(Code::Type, rule.name)),
            Err(Wrong::Value) => wrong_value = wrong_value.or(Some(rule.name)),
        }
    }
    wrong_value.map_or(Ok(()), |name| Err(Failure::at(Code::Value, name)))
}

/// One field of data that was checked.
pub(super) fn field<P: Presence, K: Kind>(
    data: &Map<String, Value>,
    name: &'static str,
    missing: Code,
) -> Result<P::Of<K::Value>, Failure> {
    let given = match data.get(name) {
        None => Given::Missing,
        Some(value) if is_empty(value) => Given::Empty,
        Some(value) => Given::Value(K::read(value).map_err(|wrong| Failure::at(wrong.code(), name))?),
    };
    P::of(given).ok_or_else(|| Failure::at(missing, name))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// Marks the type that a macro's field has.
pub(super) type Of<P, K> = <P as Presence>::Of<<K as Kind>::Value>;

/// A field's key: its identifier, without the mark of raw ones (`r#type`).
pub(super) const fn key(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', ..] => identifier.split_at(2).1,
        _ => identifier,
    }
}

/// Declares an operation's data: `request! { /// What it does. Name("type", "subtype"), missing DataKey { /// What it is. field: Required Text<100>, } }`
macro_rules! request {
    ($(#[doc = $about:literal])+ $name:ident($kind:literal, $subkind:literal), missing $missing:ident {
        $($(#[doc = $doc:literal])+ $field:ident: $presence:ident $of:ty,)*
    }) => {
        $(#[doc = $about])+
        #[derive(Debug)]
        struct $name {
            $($(#[doc = $doc])+ $field: $crate::campus::fields::Of<$crate::campus::fields::$presence, $of>,)*
        }

        impl $crate::campus::fields::Request for $name {
            const TYPE: &'static str = $kind;
            const SUBTYPE: &'static str = $subkind;
            const ABOUT: &'static str = concat!($($about),+);
            const MISSING: $crate::campus::codes::Code = $crate::campus::codes::Code::$missing;
            const RULES: &'static [$crate::campus::fields::Rule] = &[
                $($crate::campus::fields::Rule::new::<$crate::campus::fields::$presence, $of>(
                    $crate::campus::fields::key(stringify!($field)), concat!($($doc),+),
                ),)*
            ];

            fn read(
                data: &serde_json::Map<String, serde_json::Value>,
            ) -> Result<Self, $crate::campus::envelope::Failure> {
                $crate::campus::fields::check(data, Self::RULES, Self::MISSING)?;
                Ok(Self {
                    $($field: $crate::campus::fields::field::<$crate::campus::fields::$presence, $of>(
                        data, $crate::campus::fields::key(stringify!($field)), Self::MISSING,
                    )?,)*
                })
            }
        }
    };
}
pub(super) use request;
