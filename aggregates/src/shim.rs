//! The macro that makes a state a `cqrs_es::Aggregate`: `handle` only passes on what `decide` decided.

/// Implements `cqrs_es::Aggregate` for a state that implements `kernel::Decide` and has a method `fold`.
macro_rules! aggregate {
    ($state:ident, $type:literal, $command:ident, $event:ident, $error:ident) => {
        impl cqrs_es::Aggregate for $state {
            const TYPE: &'static str = $type;
            type Command = $command;
            type Event = $event;
            type Error = $error;
            type Services = ();

            async fn handle(
                &mut self,
                command: $command,
                _services: &(),
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), $error> {
                for event in kernel::Decide::decide(self, command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: $event) {
                self.fold(event);
            }
        }
    };
}

pub(crate) use aggregate;
