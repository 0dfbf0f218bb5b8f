//! The binary as it is built: what it says of itself, and how it refuses wrong usage. (That this package has an integration
//! test is also what makes Cargo build the binary along with all tests; the end-to-end tests run it.)

use std::process::{Command, Output};

#[expect(clippy::expect_used, reason = "a test without its binary is a failed test")]
fn suanpan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_suanpan")).args(arguments).output().expect("the binary runs")
}

#[test]
fn it_names_its_commands() {
    let help = suanpan(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).expect("text");
    for command in ["serve", "replay", "audit", "export", "account"] {
        assert!(text.contains(command), "{command} is missing in:\n{text}");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [&["nonsense"][..], &["serve", "--listen", "nowhere"], &["account", "erase", "-1"], &[]]
    {
        let refused = suanpan(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(!refused.stderr.is_empty(), "{arguments:?} was refused without a word");
    }
}
