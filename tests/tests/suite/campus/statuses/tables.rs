//! The document's tables of statuses, as they stand there, and what is provoked of them.

use std::collections::BTreeSet;

use tests::Answer;

/// A status and its message.
pub(super) type Row = (i64, &'static str);

const DONE: Row = (0, "successful");

/// The part of the document's table of everything that the notices' tables repeat.
const ARGUMENTS: [Row; 8] = [
    (-100, "Missing necessary args"),
    (-101, "Error token"),
    (-102, "Get userid failed for the token"),
    (-200, "Failure to operate database"),
    (-201, "Necessary key-value can't be empty"),
    (-202, "Missing necessary data key-value"),
    (-203, "Arg's value type error"),
    (-204, "Arg's value error"),
];

/// The document's table of everything.
const GLOBAL: [&[Row]; 3] = [
    &[DONE, (-1, "Error JSON key"), (-2, "Error JSON value"), (-3, "Error data key"), (-4, "Error Hash")],
    &ARGUMENTS,
    &[(-404, "Unknown Error"), (-500, "COS upload Error")],
];

const ONE_PURCHASE: [Row; 4] = [
    (100, "Purchase id not exist"),
    (101, "Have no right to operate"),
    (102, "Error purchase id num"),
    (103, "Error purchase id num"),
];

/// The tables of its sections, and the statuses in their examples. The extensions at the end have none.
const LOCAL: [(&str, &[Row]); 25] = [
    ("img generate", &[(1000, "验证码文件创建失败")]),
    ("img validate", &[(0, "successful"), (-1, "验证码hash值不匹配")]),
    ("sms generate", &[(-4, "Error Hash"), (1016, "手机号格式错误")]),
    ("portrait upload", &[]),
    ("pic upload", &[(-500, "COS upload Error")]),
    ("property add", &ARGUMENTS),
    ("property update", &ARGUMENTS),
    ("property delete", ARGUMENTS.split_at(7).0),
    (
        "get property",
        &[
            (-100, "Args Error"),
            (-101, "Args Type Error"),
            (-103, "Args conflict"),
            (-104, "Missing necessary args"),
            (-105, "Error token"),
            (-106, "Args Error"),
        ],
    ),
    ("shop creat", &[(100, "The shop name was used"), (101, "The number of shops has been capped")]),
    ("shop update", &[(100, "No right to update")]),
    ("shop list", &[(1, "Empty records")]),
    ("shop info", &[(1, "Empty records")]),
    ("product creat", &[(100, "No right to operate")]),
    ("product update", &[(100, "No right to operate")]),
    ("product list", &[]),
    ("product info", &[(100, "Error Product id")]),
    ("purchase apply", &[(100, "Product_id not exist")]),
    (
        "purchase pay",
        &[
            (100, "Purchase id not exist"),
            (101, "Have no right to operate"),
            (102, "Balance is not enough"),
            (200, "Pay method not allow"),
            (201, "This purchase is not paying state"),
        ],
    ),
    (
        "purchase cancel",
        &[
            (100, "Purchase id not exist"),
            (101, "Have no right to operate"),
            (201, "This purchase is not paying state"),
        ],
    ),
    ("purchase info", &ONE_PURCHASE),
    ("purchase list", &ONE_PURCHASE),
    ("user login", &[]),
    ("user signup", &[(100, "The phone was used")]),
    ("user logout", &[]),
];

/// What was provoked, by operation.
#[derive(Default)]
pub(super) struct Provoked(BTreeSet<(String, i64, String)>);

impl Provoked {
    /// Notes an answer, which must be a status of its operation's tables with the message of it.
    #[track_caller]
    pub(super) fn note(&mut self, operation: &str, answer: &Answer) -> i64 {
        let body = answer.json();
        let status = body["status"].as_i64().unwrap_or_else(|| panic!("{operation}: {}", answer.text()));
        assert_eq!(answer.status, 200, "{operation}: {body}");
        let message = body["message"].as_str().unwrap_or_default();
        let (_, local) = LOCAL.iter().find(|(name, _)| *name == operation).unwrap();
        let is_status = |row: &&Row| {
            row.0 == status && (message == row.1 || message.starts_with(&format!("{}: ", row.1)))
        };
        let row = local.iter().chain(GLOBAL.into_iter().flatten()).find(is_status);
        let row = row.unwrap_or_else(|| panic!("{operation} has no such status: {body}"));
        self.0.insert((operation.to_owned(), status, row.1.to_owned()));
        status
    }

    /// Notes an answer that must have that status.
    #[track_caller]
    pub(super) fn expect(&mut self, status: i64, operation: &str, answer: &Answer) {
        assert_eq!(self.note(operation, answer), status, "{operation}: {}", answer.text());
    }

    /// That nothing in the tables is missing.
    pub(super) fn check(&self) {
        let has = |operation: Option<&str>, (status, message): Row| {
            self.0.iter().any(|(of, seen, said)| {
                operation.is_none_or(|operation| operation == of) && *seen == status && said == message
            })
        };
        let mut missing = Vec::new();
        for (operation, local) in LOCAL {
            missing.extend(
                local.iter().filter(|row| !has(Some(operation), **row)).map(|row| (operation, row.0)),
            );
            if !has(Some(operation), DONE) {
                missing.push((operation, 0));
            }
        }
        missing
            .extend(GLOBAL.into_iter().flatten().filter(|row| !has(None, **row)).map(|row| ("any", row.0)));
        assert_eq!(missing, []);
    }
}
