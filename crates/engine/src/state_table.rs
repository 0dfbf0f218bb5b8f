//! What the cache must be able to do with a state whose type it has forgotten.

use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use event_store::RecordedEvent;
use kernel::{Decide, DecodeError, Event};

/// The state of some aggregate.
pub(crate) type State = Arc<dyn Any + Send + Sync>;

/// The operations on one type of state.
pub(crate) struct StateTable {
    pub(crate) state_version: u32,
    pub(crate) empty: fn() -> State,
    pub(crate) read: fn(&str) -> Option<State>,
    pub(crate) write: fn(&State) -> Option<String>,
    pub(crate) apply: fn(&mut State, &RecordedEvent) -> Result<(), DecodeError>,
    pub(crate) weight: fn(&State) -> usize,
}

/// The table of `A`.
pub(crate) const fn table_of<A: Decide>() -> &'static StateTable {
    &Tables::<A>::TABLE
}

struct Tables<A>(PhantomData<A>);

impl<A: Decide> Tables<A> {
    const TABLE: StateTable = StateTable {
        state_version: A::SNAPSHOT_VERSION,
        empty: || Arc::new(A::default()),
        read: |text| serde_json::from_str::<A>(text).ok().map(|state| Arc::new(state) as State),
        write: |state| state.downcast_ref::<A>().and_then(|state| serde_json::to_string(state).ok()),
        apply: |state, event| {
            // An event that makes the code panic must not take everybody's thread with it; the state is thrown away.
            catch_unwind(AssertUnwindSafe(|| apply::<A>(state, event)))
                .unwrap_or_else(|_| Err(panicked(event)))
        },
        weight: |state| state.downcast_ref::<A>().map_or(0, Decide::weight),
    };
}

fn apply<A: Decide>(state: &mut State, event: &RecordedEvent) -> Result<(), DecodeError> {
    let decoded = A::Event::decode(&event.event_type, &event.event_version, &event.payload)?;
    let mut owned = None;
    let target = match Arc::get_mut(state).and_then(|state| state.downcast_mut::<A>()) {
        Some(target) => target,
        None => owned.insert(state.downcast_ref::<A>().cloned().unwrap_or_default()),
    };
    target.apply_at(decoded, event.recorded_at);
    if let Some(changed) = owned {
        *state = Arc::new(changed);
    }
    Ok(())
}

fn panicked(event: &RecordedEvent) -> DecodeError {
    DecodeError::Malformed {
        event_type: event.event_type.to_string(),
        event_version: event.event_version.to_string(),
        reason: "applying it panicked".to_owned(),
    }
}
