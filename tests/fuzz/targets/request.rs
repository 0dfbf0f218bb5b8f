//! Any bytes as the body of a request of the campus API.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| api::fuzzing::request(bytes).unwrap());
