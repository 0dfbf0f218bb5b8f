//! End-to-end tests: the real server as a process, spoken to over HTTP.
