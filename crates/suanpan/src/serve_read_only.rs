//! `suanpan serve --read-only`: the reading half of the APIs, over stores to which nothing is written.

use std::sync::Arc;
use std::time::Duration;

use api::{AppState, AuditDesk};
use audit::Archive;
use commerce::{Caller, Commerce, CommerceParts, Outside, SessionToken};
use engine::{Engine, EngineConfig, Sealer};
use event_store::{Location, Stores, ending_at};
use integrations::pictures::PictureStore;
use kernel::{AccountId, Clock, Coded as _, ErrorCode};
use metrics_exporter_prometheus::PrometheusHandle;
use projections::{Figures, FollowError, Follower, Position};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::running::check_tail;
use crate::serve::{close, drain, http_config, tell};
use crate::settings::ServeSettings;
use crate::{accept, outside, poller};

/// How long a session that was asked for on the command line lasts: 30 days, or as long as the process.
const SESSION_LIFETIME_S: i64 = 30 * 24 * 3600;

/// Serves until told to stop.
pub(crate) async fn serve(
    settings: ServeSettings,
    listener: TcpListener,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::unusable)?;
    let running = ReadingOnly::open(&settings.location, settings.engine()).await?;
    let sessions = match open_sessions(&running.commerce, &settings.session_of).await {
        Ok(sessions) => sessions,
        Err(failure) => {
            running.close().await;
            return Err(failure);
        }
    };
    // A start that is refused says why and nothing else, so this is told only now.
    tell(&format!("read only: {}", running.told));
    for (account, token) in sessions {
        tell(&format!("session of {account}: {}", token.reveal()));
    }
    let (feed, is_shared) = (Arc::clone(running.engine.feed()), running.stores.log.is_shared());
    let archive = Archive::open(&settings.location, feed, is_shared).await?;
    let state = AppState {
        commerce: running.commerce.clone(),
        views: running.follower.views(),
        desk: AuditDesk::new(archive.clone(), None, stop.clone()),
        config: http_config(&settings, address),
        metrics: Arc::new(move || metrics.render()),
    };
    let app = api::router(state);
    let interval = Duration::from_secs(settings.poll_s);
    let sweeping = tokio::spawn(poller::sweep(running.commerce.clone(), interval, stop.clone()));
    tell(&format!("listening on http://{address}"));
    drain(accept::serve(listener, app, settings.time_limit(), stop.clone()), &stop).await;
    stop.cancel();
    close(async {
        sweeping.await.ok();
        archive.close().await;
        running.close().await;
    })
    .await;
    Ok(())
}

/// Stores, engine, use cases and views, all of them only reading.
struct ReadingOnly {
    stores: Stores,
    engine: Engine,
    commerce: Commerce,
    follower: Follower,
    /// What is served, for whoever started it.
    told: String,
}

impl ReadingOnly {
    async fn open(location: &Location, config: EngineConfig) -> Result<Self, Failure> {
        let mut stores = Stores::open_read_only(location).await?;
        match Self::over(&mut stores, location, config).await {
            Ok((engine, commerce, follower, told)) => Ok(Self { stores, engine, commerce, follower, told }),
            Err(failure) => {
                stores.close().await;
                Err(failure)
            }
        }
    }

    async fn over(
        stores: &mut Stores,
        location: &Location,
        config: EngineConfig,
    ) -> Result<(Engine, Commerce, Follower, String), Failure> {
        check_tail(stores).await?;
        let mut told = format!("{location}, beside whoever writes there");
        if !stores.log.is_shared() {
            // Nobody folds here, so what is shown is the moment up to which the views were folded.
            let end = stores.log.head().await?.position;
            let folded = folded(stores).await?;
            stores.log = ending_at(Arc::clone(&stores.log), folded).await?;
            told = format!("{location}, as it was at position {folded} of {end}");
        }
        if !stores.vault.knows_people() {
            told.push_str("; there is no vault, so nobody can log in: name accounts with --session-of");
        }
        let engine = Engine::start(stores, Clock::default(), config).await?;
        let (views, log) = (stores.views.clone(), Arc::clone(&stores.log));
        let follower = Follower::start(projections::all(), views, log, Arc::clone(engine.feed())).await?;
        let commerce = Commerce::new(CommerceParts {
            engine: engine.clone(),
            vault: stores.vault.clone(),
            sealer: Sealer::open(stores.vault.clone()).await.map_err(Failure::unusable)?,
            wechat: None,
            is_shared: stores.log.is_shared(),
            outside: Outside { pictures: pictures(location)?, ..Outside::default() },
        });
        Ok((engine, commerce, follower, told))
    }

    async fn close(self) {
        self.engine.stop().await;
        drop(self.follower);
        self.stores.close().await;
    }
}

/// The pictures that lie beside the stores, if there are any.
fn pictures(location: &Location) -> Result<Option<PictureStore>, Failure> {
    match location {
        Location::Folder(folder) => outside::folder(folder),
        Location::Postgres(_) => Ok(None),
    }
}

/// The position at which all views stand.
async fn folded(stores: &Stores) -> Result<Position, Failure> {
    let refused = |reason: &str| FollowError::Unusable(reason.to_owned());
    let mut figures = Figures::open(&stores.views).await?.ok_or_else(|| refused("there are none"))?;
    let folded = figures.folded().await?;
    let first = folded.first().ok_or_else(|| refused("there are none"))?.position;
    if folded.iter().any(|other| other.position != first) {
        return Err(refused("they are not all at one position").into());
    }
    Ok(first)
}

/// Opens a session for each account that was named. It is worth nothing once the process ends.
async fn open_sessions(
    commerce: &Commerce,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, SessionToken)>, Failure> {
    let mut sessions = Vec::new();
    for account in accounts {
        let found = commerce.profile(&Caller::house("session-of"), *account).await;
        found.map_err(|error| {
            if matches!(error.code(), ErrorCode::AccountUnknown | ErrorCode::AccountErased) {
                Failure::Usage(format!("session_of: account {account}: there is none at that moment"))
            } else {
                error.into()
            }
        })?;
        sessions.push((*account, commerce.open_session(*account, SESSION_LIFETIME_S).await?));
    }
    Ok(sessions)
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        Self::unusable(error)
    }
}
