//! The document's tables of fields, as they stand there, against what is described; and what is described is what is read.

use serde_json::Value;

/// May the key be missing (可缺省), may the value be empty (可为空).
#[derive(Clone, Copy)]
enum Presence {
    Required,
    RequiredOrEmpty,
    Optional,
    OptionalOrEmpty,
}

use Presence::{Optional, OptionalOrEmpty, Required, RequiredOrEmpty};

impl Presence {
    const fn words(self) -> &'static str {
        match self {
            Self::Required => "(不可缺省，不可为空)",
            Self::RequiredOrEmpty => "(不可缺省，可为空)",
            Self::Optional => "(可缺省，不可为空)",
            Self::OptionalOrEmpty => "(可缺省，可为空)",
        }
    }

    const fn is_required(self) -> bool {
        matches!(self, Self::Required | Self::RequiredOrEmpty)
    }
}

/// What a table says of a value.
#[derive(Clone, Copy)]
enum Kind {
    /// Text of at most so many characters, where the table has a number.
    Text(Option<u64>),
    /// A whole number from here to there, where the table has them.
    Whole(Option<(i64, i64)>),
    Price,
    Moment,
}

use Kind::{Moment, Price, Text, Whole};

const ID: Kind = Whole(None);
const NOTICE_ID: Kind = Whole(Some((-(1 << 31), 1 << 31)));
const NOTICE_TYPE: Kind = Whole(Some((1, 2)));
const STATE: Kind = Whole(Some((-(1 << 15), (1 << 15) - 1)));
const STATUS: Kind = Whole(Some((0, 2)));

type Row = (&'static str, Presence, Kind);
type Table = (&'static str, &'static [Row]);

/// The tables of the sections that have one. Where `docs/api/campus.md` settles otherwise, the line says so.
const TABLES: [Table; 18] = [
    (
        "pic upload",
        &[("from", Required, Text(None)), ("base64", Required, Text(None)), ("name", Optional, Text(None))],
    ),
    (
        "property add",
        &[
            ("id", OptionalOrEmpty, NOTICE_ID),
            ("type", Required, NOTICE_TYPE),
            ("state", OptionalOrEmpty, STATE),
            ("lab", Required, Text(Some(50))),
            ("title", Required, Text(Some(20))),
            ("content", Required, Text(Some(500))),
            ("occurrence_time", RequiredOrEmpty, Moment),
            ("user_id", OptionalOrEmpty, Text(Some(15))),
            ("user_name", Required, Text(Some(10))),
            ("user_phone", RequiredOrEmpty, Text(Some(15))),
            ("user_qq", RequiredOrEmpty, Text(Some(15))),
            ("user2_id", OptionalOrEmpty, Text(Some(15))),
            ("user2_name", OptionalOrEmpty, Text(Some(10))),
            ("user2_phone", OptionalOrEmpty, Text(Some(15))),
            ("user2_qq", OptionalOrEmpty, Text(Some(15))),
            // The table does not let it be missing; it may.
            ("publish_time", OptionalOrEmpty, Moment),
            ("update_time", OptionalOrEmpty, Moment),
            ("pic_num", OptionalOrEmpty, Whole(Some((0, 3)))),
            ("pic_url1", OptionalOrEmpty, Text(Some(1024))),
            ("pic_url2", OptionalOrEmpty, Text(Some(1024))),
            ("pic_url3", OptionalOrEmpty, Text(Some(1024))),
        ],
    ),
    (
        "property update",
        &[
            ("id", Required, NOTICE_ID),
            ("type", Optional, NOTICE_TYPE),
            ("state", Optional, STATE),
            ("lab", Optional, Text(Some(50))),
            ("title", Optional, Text(Some(20))),
            ("content", Optional, Text(Some(500))),
            ("occurrence_time", OptionalOrEmpty, Moment),
            ("user_id", Optional, Text(Some(15))),
            ("user_name", Optional, Text(Some(10))),
            ("user_phone", OptionalOrEmpty, Text(Some(15))),
            ("user_qq", OptionalOrEmpty, Text(Some(15))),
            ("user2_id", OptionalOrEmpty, Text(Some(15))),
            ("user2_name", OptionalOrEmpty, Text(Some(10))),
            ("user2_phone", OptionalOrEmpty, Text(Some(15))),
            ("user2_qq", OptionalOrEmpty, Text(Some(15))),
            ("update_time", OptionalOrEmpty, Moment),
        ],
    ),
    ("property delete", &[("id", Required, NOTICE_ID), ("user_id", Optional, Text(Some(15)))]),
    (
        "shop creat",
        &[
            ("shop_name", Required, Text(Some(100))),
            ("shop_content", OptionalOrEmpty, Text(None)),
            ("user_id", Required, ID),
        ],
    ),
    (
        "shop update",
        &[
            ("shop_id", Required, ID),
            ("shop_content", RequiredOrEmpty, Text(None)),
            // The table does not let it be missing; its own example does.
            ("pic_url", OptionalOrEmpty, Text(Some(512))),
        ],
    ),
    ("shop list", &[("shop_name", RequiredOrEmpty, Text(Some(100))), ("order", OptionalOrEmpty, Text(None))]),
    ("shop info", &[("shop_id", Optional, ID), ("shop_name", Optional, Text(Some(100)))]),
    (
        "product creat",
        &[
            ("product_name", Required, Text(Some(100))),
            ("product_content", OptionalOrEmpty, Text(None)),
            ("product_key", OptionalOrEmpty, Text(Some(255))),
            ("product_price", Required, Price),
            ("shop_id", Required, ID),
            ("pic_url", OptionalOrEmpty, Text(None)),
            ("product_status", Required, STATUS),
        ],
    ),
    (
        // What the table has of sales, clicks and collections is ignored.
        "product update",
        &[
            ("product_id", Required, ID),
            ("product_name", Optional, Text(Some(100))),
            ("product_content", OptionalOrEmpty, Text(None)),
            ("product_key", OptionalOrEmpty, Text(Some(255))),
            ("product_price", Optional, Price),
            ("product_disprice", OptionalOrEmpty, Price),
            ("shop_id", Required, ID),
            ("pic_url", OptionalOrEmpty, Text(None)),
            ("product_status", Required, STATUS),
        ],
    ),
    (
        "product list",
        &[
            ("product_name", OptionalOrEmpty, Text(Some(100))),
            ("product_key", OptionalOrEmpty, Text(Some(255))),
            ("shop_id", Optional, ID),
            // The table calls it a number and lists words.
            ("type", Optional, Text(None)),
            ("order", OptionalOrEmpty, Text(None)),
        ],
    ),
    // The table lets it be empty, which would be no product.
    ("product info", &[("product_id", Required, ID)]),
    (
        "purchase apply",
        &[
            ("product_id", Required, ID),
            ("product_num", Required, ID),
            ("product_unitprice", Required, Price),
            ("product_totalprice", Required, Price),
        ],
    ),
    ("purchase pay", &[("purchase_id", Required, Text(Some(17))), ("method", Required, Text(None))]),
    ("purchase cancel", &[("purchase_id", Required, Text(Some(17)))]),
    ("purchase info", &[("purchase_id", Required, Text(Some(17)))]),
    // The table does not let it be missing; its example has none.
    ("purchase list", &[("purchase_id", OptionalOrEmpty, Text(Some(17)))]),
    ("img generate", &[]),
];

/// The data that an operation takes, as it is described.
fn described(document: &Value, operation: &str) -> Value {
    let schemas = document["components"]["schemas"].as_object().unwrap().values();
    let requests = schemas.filter_map(|schema| schema["oneOf"].as_array()).flatten();
    let mut found = requests.filter(|schema| schema["title"] == operation);
    let request = found.next().unwrap_or_else(|| panic!("{operation} is not described"));
    assert!(found.next().is_none(), "{operation} is described twice");
    request["properties"]["data"].clone()
}

fn check_kind(place: &str, kind: Kind, field: &Value) {
    let (of_type, bounds) = match kind {
        Text(chars) => ("string", chars.map(|chars| vec![("maxLength", chars.into())])),
        Whole(ends) => {
            ("integer", ends.map(|(least, most)| vec![("minimum", least.into()), ("maximum", most.into())]))
        }
        Price => ("number", Some(vec![("exclusiveMinimum", Value::from(0))])),
        Moment => ("string", None),
    };
    assert_eq!(field["type"], of_type, "{place}");
    for (bound, value) in bounds.unwrap_or_default() {
        assert_eq!(field[bound], value, "{place}: {bound}");
    }
}

#[test]
fn the_fields_are_those_of_the_documents_tables() {
    let document = serde_json::to_value(super::router().into_openapi()).unwrap();
    for (operation, table) in TABLES {
        let data = described(&document, operation);
        let fields = data["properties"].as_object().cloned().unwrap_or_default();
        let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
        let mut expected: Vec<_> = table.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{operation}");
        let required = data["required"].as_array().cloned().unwrap_or_default();
        for (name, presence, kind) in table {
            let (place, field) = (format!("{operation}: {name}"), &fields[*name]);
            assert!(field["description"].as_str().unwrap().ends_with(presence.words()), "{place}: {field}");
            assert_eq!(required.contains(&Value::from(*name)), presence.is_required(), "{place}");
            check_kind(&place, *kind, field);
        }
    }
}
