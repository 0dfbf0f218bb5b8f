//! The one driver of all aggregate tests: given events, when a command, then events or an error.

use std::collections::BTreeSet;
use std::fmt::Debug;

use cqrs_es::{Aggregate, test::TestFramework};
use kernel::{Coded, Decide, Event, Money, Timestamp};

/// Given `events`, `command` is decided with `then`; the state that results keeps its meaning in a snapshot.
pub(crate) fn check<A>(given: Vec<A::Event>, when: A::Command, then: Vec<A::Event>)
where
    A: Decide<Services = ()> + PartialEq + Debug,
{
    let all = given.iter().chain(&then).cloned().collect();
    TestFramework::<A>::with(()).given(given).when(when).then_expect_events(then);
    let state = fold::<A>(all);
    let snapshot = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<A>(&snapshot).unwrap(), state);
    assert!(state.weight() >= size_of::<A>());
}

/// One case of a refusal: given these events, when this command, then this error.
pub(crate) type Refusal<A> =
    (Vec<<A as Aggregate>::Event>, <A as Aggregate>::Command, <A as Aggregate>::Error);

/// Checks each case and the error's code, and that every variant of the error enum in `error_source` has one.
pub(crate) fn check_refusals<A>(error_source: &str, cases: Vec<Refusal<A>>)
where
    A: Decide<Services = (), Error: PartialEq + Debug>,
{
    let mut seen = BTreeSet::new();
    for (given, when, then) in cases {
        let error = first_word(&format!("{then:?}"));
        // An error bears the name of its code; only the cart tells more than its code does.
        let code = if error == "InvalidNumber" { "InvalidParameter" } else { &error };
        assert_eq!(format!("{:?}", then.code()), code);
        seen.insert(error);
        TestFramework::<A>::with(()).given(given).when(when).then_expect_error(then);
    }
    assert_eq!(seen, variants(error_source), "each error needs a case");
}

/// Checks that each event is stored as exactly these bytes and read from them, and that no event type is left out.
pub(crate) fn check_stored<E: Event>(cases: Vec<(&str, &str, E)>) {
    let mut seen = BTreeSet::new();
    for (version, bytes, event) in cases {
        let event_type = event.event_type();
        assert_eq!(E::decode(&event_type, version, bytes).as_ref(), Ok(&event));
        if event.event_version() == version {
            assert_eq!(serde_json::to_string(&event).unwrap(), bytes);
        }
        seen.insert((event_type, version.to_owned()));
    }
    let known =
        E::KNOWN.iter().map(|(event_type, version)| ((*event_type).to_owned(), (*version).to_owned()));
    assert_eq!(seen, known.collect(), "each event type needs its bytes");
}

/// The state after `events`.
pub(crate) fn fold<A: Aggregate>(events: Vec<A::Event>) -> A {
    let mut state = A::default();
    events.into_iter().for_each(|event| state.apply(event));
    state
}

/// The state after events that happened at these moments, in microseconds.
pub(crate) fn fold_at<A: Decide>(events: Vec<(i64, A::Event)>) -> A {
    let mut state = A::default();
    for (micros, event) in events {
        state.apply_at(event, Timestamp::from_micros(micros));
    }
    state
}

/// An id of any kind.
pub(crate) fn id<T: TryFrom<u64, Error: Debug>>(number: u64) -> T {
    T::try_from(number).unwrap()
}

/// An amount in fen.
pub(crate) const fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

/// The names of an enum's variants, read from its source: the lines indented once that begin with a capital.
fn variants(source: &str) -> BTreeSet<String> {
    let body = source.split_once("pub enum ").unwrap().1.split_once("\n}").unwrap().0;
    body.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(first_word)
        .collect()
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

#[test]
fn variants_are_found_in_the_source() {
    let source = "/// Why.\npub enum E {\n    /// One.\n    #[error(\"x\")]\n    One,\n    \
                  Two {\n        In: u8,\n    },\n    Three(#[from] T),\n}\n";
    assert_eq!(variants(source), ["One", "Three", "Two"].map(str::to_owned).into());
}
