//! `suanpan account open`: an operator or an auditor, whom no API signs up.

use std::io::{BufRead as _, Read as _, Write as _};

use commerce::{Caller, Registration, Role};
use engine::EngineConfig;
use kernel::{Clock, Coded as _, ErrorCode};

use crate::cli::{OpenOptions, StaffRole};
use crate::failure::Failure;
use crate::running::Running;
use crate::settings::LogFormat;
use crate::telemetry;

/// The longest line that a password is read from, in bytes.
const LINE_BYTES_MAX: u64 = 1_024;

/// Opens the account and prints its number.
pub(crate) async fn open(options: OpenOptions) -> Result<(), Failure> {
    telemetry::start_log(LogFormat::Text, "warn")?;
    let location = options.store.existing().await?;
    let registration = Registration {
        name: options.name.clone(),
        login: options.name,
        password: Some(read_password()?),
        roles: vec![match options.role {
            StaffRole::Operator => Role::Operator,
            StaffRole::Auditor => Role::Auditor,
        }],
        wechat_code: None,
    };
    let running = Running::open(
        &location,
        Clock::default(),
        EngineConfig::default(),
        None,
        commerce::Outside::default(),
    )
    .await?;
    let opened = running.commerce.register(&Caller::house("account-open"), registration).await;
    running.close().await;
    let account = opened.map_err(|error| {
        if matches!(error.code(), ErrorCode::InvalidParameter | ErrorCode::IdentityTaken) {
            Failure::Usage(error.to_string())
        } else {
            error.into()
        }
    })?;
    writeln!(std::io::stdout(), "{account}").map_err(Failure::unusable)
}

/// The first line of standard input: the command line would show it to everybody on the machine.
fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line);
    read.map_err(|error| Failure::Usage(format!("password: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
