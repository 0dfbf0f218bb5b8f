//! What a terminal is shown: how far a long command is, in one line that is gone when it ends.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tests::{Place, binary};

use crate::audit::{busy, start};

/// Runs a command whose standard error is a terminal; gives its exit code and everything that was written there.
fn on_terminal(arguments: &[&str], place: &Place) -> (Option<i32>, String) {
    let terminal: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let screen = File::options().read(true).write(true).open(name).unwrap();
    let mut command = Command::new(binary());
    command.args(arguments).args(place.arguments()).env("TERM", "xterm");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(screen).spawn().unwrap();
    // Ours goes with the command; when the other goes, too, reading ends.
    drop(command);
    let (mut shown, mut terminal, mut piece) = (Vec::new(), File::from(terminal), [0; 4_096]);
    while let Ok(length @ 1..) = terminal.read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
    }
    (child.wait().unwrap().code(), String::from_utf8_lossy(&shown).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_commands_show_how_far_they_are_on_a_terminal() {
    let place = Place::folder();
    let server = start(&place);
    busy(&server, 3).await;
    assert!(server.terminate().unwrap().success());
    for (arguments, last) in [
        (&["audit", "verify"][..], ""),
        (&["audit", "trial-balance"], ""),
        (&["export", "--format", "csv"], ""),
        (&["replay"], "notices rebuilt up to position"),
    ] {
        let (code, shown) = on_terminal(arguments, &place);
        assert_eq!(code, Some(0), "{arguments:?}: {shown:?}");
        let drawn =
            shown.split(['\r', '\n']).find(|line| line.contains(" events, ") && line.contains(" left"));
        let drawn = drawn.unwrap_or_else(|| panic!("{arguments:?} draws nothing: {shown:?}"));
        let (reached, of) = drawn.split_once(" events, ").unwrap().0.rsplit_once('/').unwrap();
        let reached: String = reached.chars().rev().take_while(char::is_ascii_digit).collect();
        assert!(!reached.is_empty() && of.parse::<u64>().is_ok_and(|of| of > 0), "{drawn:?}");
        // The line is cleared; what follows is what the command says at its end.
        let after = shown.rsplit("\u{1b}[2K").next().unwrap_or_default().trim();
        assert!(!after.contains(" left") && after.contains(last), "{arguments:?}: {shown:?}");
    }
    let (code, shown) = on_terminal(&["audit", "verify", "--head", &format!("{}@1", "0".repeat(64))], &place);
    assert_eq!(code, Some(1));
    let told = shown.rsplit("\u{1b}[2K").next().unwrap_or_default().trim();
    assert!(told.starts_with("suanpan: breach: ") && told.lines().count() == 1, "{shown:?}");
}
