//! `cargo xtask`: how this repository is tested, kept tidy, checked and measured.

mod shell;
mod tidy;

fn main() -> std::process::ExitCode {
    match shell::root().and_then(|root| tidy::run(&root)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            shell::say(&format!("{e:#}"));
            std::process::ExitCode::FAILURE
        }
    }
}
