//! Any text as the order of a list of the campus API.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| api::fuzzing::order(text).unwrap());
