//! The aggregate that most tests decide on: a purse that must never hold less than nothing.

use std::time::Duration;

use kernel::{Coded, Decide, DecodeError, DomainEvent, ErrorCode, Event};
use serde::{Deserialize, Serialize};

/// Money in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Purse {
    pub(crate) balance: i64,
    pub(crate) is_open: bool,
}

/// Every command carries the number of the operation it belongs to, so that effects can be counted in the log.
#[derive(Clone, Debug)]
pub(crate) enum PurseCommand {
    /// Refused if it was opened before.
    Open { op: u64 },
    /// Puts in, or takes out if negative; nothing happens for 0. Refused if too little would be left.
    Change { amount: i64, op: u64 },
    /// Puts in 1, so many times.
    Grow { times: u32, op: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "an event's type names its aggregate")]
pub(crate) enum PurseEvent {
    PurseOpened {
        op: u64,
    },
    PurseChanged {
        amount: i64,
        op: u64,
    },
    /// No command decides it: a log that holds it was written by somebody else. To apply it panics.
    PurseCursed,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PurseError {
    #[error("the purse exists")]
    Exists,
    #[error("the purse holds {0}")]
    Short(i64),
}

impl Coded for PurseError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Exists => ErrorCode::AccountExists,
            Self::Short(_) => ErrorCode::LowBalance,
        }
    }
}

impl DomainEvent for PurseEvent {
    fn event_type(&self) -> String {
        match self {
            Self::PurseOpened { .. } => "PurseOpened".to_owned(),
            Self::PurseChanged { .. } => "PurseChanged".to_owned(),
            Self::PurseCursed => "PurseCursed".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Event for PurseEvent {
    const KNOWN: &'static [(&'static str, &'static str)] =
        &[("PurseOpened", "1.0"), ("PurseChanged", "1.0"), ("PurseCursed", "1.0")];

    fn decode(event_type: &str, event_version: &str, payload: &str) -> Result<Self, DecodeError> {
        DecodeError::check_and_read(event_type, event_version, payload)
    }
}

impl cqrs_es::Aggregate for Purse {
    const TYPE: &'static str = "purse";
    type Command = PurseCommand;
    type Event = PurseEvent;
    type Error = PurseError;
    type Services = ();

    async fn handle(
        &mut self,
        command: PurseCommand,
        _services: &(),
        sink: &cqrs_es::event_sink::EventSink<Self>,
    ) -> Result<(), PurseError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: PurseEvent) {
        match event {
            PurseEvent::PurseOpened { .. } => self.is_open = true,
            PurseEvent::PurseChanged { amount, .. } => self.balance += amount,
            PurseEvent::PurseCursed => std::panic::resume_unwind(Box::new("cursed")),
        }
    }
}

impl Decide for Purse {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: PurseCommand) -> Result<Vec<PurseEvent>, PurseError> {
        match command {
            PurseCommand::Open { .. } if self.is_open => Err(PurseError::Exists),
            PurseCommand::Open { op } => Ok(vec![PurseEvent::PurseOpened { op }]),
            PurseCommand::Change { amount: 0, .. } => Ok(Vec::new()),
            PurseCommand::Change { amount, .. } if self.balance + amount < 0 => {
                Err(PurseError::Short(self.balance))
            }
            PurseCommand::Change { amount, op } => Ok(vec![PurseEvent::PurseChanged { amount, op }]),
            PurseCommand::Grow { times, op } => {
                Ok((0..times).map(|_| PurseEvent::PurseChanged { amount: 1, op }).collect())
            }
        }
    }
}

/// What a test may wait for anything at the most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What `future` gives; a test that waits too long fails.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("an end in time")
}
