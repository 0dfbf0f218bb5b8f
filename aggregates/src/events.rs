//! The macro that names an aggregate's events and their versions, and how a stored event is read.

use kernel::{DecodeError, Event};

/// Implements `cqrs_es::DomainEvent` and `kernel::Event` for an enum of events, each with its current version.
macro_rules! events {
    ($events:ident { $($variant:ident $version:literal,)+ }) => {
        impl $events {
            /// The event's type, as stored.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                }
            }

            /// The event's version, as stored.
            #[must_use]
            pub const fn version(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $version,)+
                }
            }
        }

        impl cqrs_es::DomainEvent for $events {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }

            fn event_version(&self) -> String {
                self.version().to_owned()
            }
        }

        impl kernel::Event for $events {
            const KNOWN: &'static [(&'static str, &'static str)] = &[$((stringify!($variant), $version),)+];

            fn decode(
                event_type: &str,
                event_version: &str,
                payload: &str,
            ) -> Result<Self, kernel::DecodeError> {
                $crate::events::read(event_type, event_version, payload, Self::name)
            }
        }
    };
}

pub(crate) use events;

/// Reads a stored event and makes sure that the payload is of the type it is stored under.
///
/// # Errors
/// [`DecodeError`] when type or version is unknown, or the payload is not what they promise.
pub(crate) fn read<E: Event>(
    event_type: &str,
    event_version: &str,
    payload: &str,
    name: fn(&E) -> &'static str,
) -> Result<E, DecodeError> {
    let event: E = DecodeError::check_and_read(event_type, event_version, payload)?;
    if name(&event) == event_type {
        Ok(event)
    } else {
        Err(DecodeError::Malformed {
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            reason: format!("the payload is a {}", name(&event)),
        })
    }
}
