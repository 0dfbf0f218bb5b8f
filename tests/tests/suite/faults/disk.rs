//! A full disk, and one that fails: refused plainly while it is so, nothing lost, and everything works once there is room.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::Connection as _;
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tests::{Place, Server, ServerOptions, binary};

use super::crowd::{Crowd, patient};
use crate::stage::{Stage, Tested, start};

/// What may be written before the disk is full, in KiB.
const ROOM_KIB: u64 = 1_000;
/// What is removed to make room again, in KiB.
const BALLAST_KIB: u64 = 8_000;
const BUYERS: usize = 4;
const OPTIONS: [&str; 2] = ["--request-timeout-ms", "2000"];

/// A server on a small disk of its own: a file system in memory that no other process sees.
struct Cramped {
    stage: Stage,
    ballast: PathBuf,
}

impl Cramped {
    /// Copies the place onto a disk with little room and starts a server there.
    fn start(place: Place) -> Self {
        let folder = place.path().display().to_string();
        let used_kib: u64 =
            files(place.path()).iter().map(|file| fs::metadata(file).unwrap().len() / 1024 + 4).sum();
        let script = format!(
            "set -e; mkdir {folder}/keep; cp -a {folder}/*.db {folder}/keep; mount -t tmpfs -o size={}k none {folder}/sandbox; \
             cp {folder}/keep/* {folder}/sandbox; head -c {BALLAST_KIB}k /dev/zero > {folder}/sandbox/ballast; \
             exec \"$@\" --data {folder}/sandbox",
            used_kib + ROOM_KIB + BALLAST_KIB
        );
        fs::create_dir(place.path().join("sandbox")).unwrap();
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "bash", "-c", &script, "bash"]).arg(binary());
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(OPTIONS);
        let server = Server::start_command(command).unwrap();
        let disk = PathBuf::from(format!("/proc/{}/root{folder}/sandbox", server.process_id()));
        Self { ballast: disk.join("ballast"), stage: Stage { server, place } }
    }

    fn make_room(&self) {
        fs::remove_file(&self.ballast).unwrap();
    }

    /// Stops the server dead and brings what is on its disk, as it is at that moment, to a place with room.
    fn cut_off(self) -> Stage {
        let Stage { server, place: _place } = self.stage;
        let process = server.process_id().to_string();
        assert!(Command::new("kill").args(["-STOP", &process]).status().unwrap().success());
        let rescued = Place::folder();
        for file in files(self.ballast.parent().unwrap()) {
            fs::copy(&file, rescued.path().join(file.file_name().unwrap())).unwrap();
        }
        server.kill();
        Stage { server: start(&rescued, &ServerOptions::default()), place: rescued }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file() && !path.ends_with("ballast")).collect()
}

/// Whether this machine lets us have a small disk of our own.
fn can_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

async fn filled() -> Place {
    let place = Place::folder();
    crate::catalogue::fill(&place).await;
    place
}

#[tokio::test]
async fn sqlite_on_a_full_disk_refuses_and_heals() -> Tested {
    if !can_mount() {
        return refuses_and_heals_where_files_cannot_grow().await;
    }
    let cramped = Cramped::start(filled().await);
    let crowd = Crowd::of(&cramped.stage, 8).await?;
    let trouble = async {
        patient(async || Ok(crowd.failures() > 40)).await;
        cramped.make_room();
        let done = crowd.done();
        patient(async || Ok(crowd.done() > done + 50)).await;
        crowd.stop();
    };
    let (bought, ()) = futures::future::join(crowd.buy(), trouble).await;
    patient(async || Ok(cramped.stage.stranger().get("/readyz").await?.status == 200)).await;
    crowd.check(&cramped.stage, &bought).await;
    let stage = cramped.cut_off();
    crowd.check(&stage, &bought).await;
    Ok(())
}

#[tokio::test]
async fn sqlite_killed_on_a_full_disk_has_all_that_was_acknowledged() -> Tested {
    if can_mount() {
        let cramped = Cramped::start(filled().await);
        let (crowd, acknowledged) = buy_until_full(&cramped.stage).await?;
        return check_spent(&crowd, acknowledged, &cramped.cut_off()).await;
    }
    let stage = start_limited(filled().await);
    let (crowd, acknowledged) = buy_until_full(&stage).await?;
    check_spent(&crowd, acknowledged, &stage.restart(&ServerOptions::default())).await
}

/// Buys until the disk is full and goes away in the middle of it; gives how many purchases were acknowledged.
async fn buy_until_full(stage: &Stage) -> Result<(Crowd, u64), reqwest::Error> {
    let crowd = Crowd::of(stage, BUYERS).await?;
    tokio::select! {
        _ = crowd.buy() => panic!("nobody told them to stop"),
        () = patient(async || Ok(crowd.failures() > 10)) => {}
    }
    let acknowledged = crowd.done();
    Ok((crowd, acknowledged))
}

/// What was asked and not answered when the process died may have been done or not; what was answered has been done.
async fn check_spent(crowd: &Crowd, acknowledged: u64, stage: &Stage) -> Tested {
    let spent = crowd.spent(stage).await?;
    let most = acknowledged + u64::try_from(BUYERS).unwrap();
    assert!((acknowledged..=most).contains(&spent), "{acknowledged} acknowledged, {spent} done");
    Ok(())
}

/// A server whose files cannot grow beyond a size: writing fails as on a broken disk.
pub(crate) fn start_limited(place: Place) -> Stage {
    let largest = files(place.path()).iter().map(|file| fs::metadata(file).unwrap().len()).max();
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$@\"", largest.unwrap() / 1024 + 300);
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash"]).arg(binary());
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(OPTIONS).args(place.arguments());
    Stage { server: Server::start_command(command).unwrap(), place }
}

async fn refuses_and_heals_where_files_cannot_grow() -> Tested {
    let stage = start_limited(filled().await);
    let crowd = Crowd::of(&stage, 8).await?;
    let trouble = async {
        patient(async || Ok(crowd.failures() > 10)).await;
        let process = stage.server.process_id().to_string();
        let more = Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited"]).status().unwrap();
        assert!(more.success());
        let done = crowd.done();
        patient(async || Ok(crowd.done() > done + 50)).await;
        crowd.stop();
    };
    let (bought, ()) = futures::future::join(crowd.buy(), trouble).await;
    patient(async || Ok(stage.stranger().get("/readyz").await?.status == 200)).await;
    crowd.check(&stage, &bought).await;
    let stage = stage.restart(&ServerOptions::default());
    crowd.check(&stage, &bought).await;
    Ok(())
}

#[tokio::test]
async fn sqlite_on_a_disk_that_fails_refuses_and_heals() -> Tested {
    refuses_and_heals_where_files_cannot_grow().await
}

/// The error of a full disk, from a trigger: no test fills the disk of a PostgreSQL that others use.
const FULL: [&str; 2] = [
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
    "CREATE TRIGGER full_disk BEFORE INSERT ON log.events EXECUTE FUNCTION full_disk()",
];

#[tokio::test]
async fn postgres_on_a_full_disk_refuses_and_heals() -> Tested {
    let stage = Stage::open(Place::postgres().await, &ServerOptions::default()).await;
    let Place::Postgres(database, _) = &stage.place else { panic!("PostgreSQL is meant") };
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let crowd = Crowd::of(&stage, 8).await?;
    let trouble = async {
        patient(async || Ok(crowd.done() > 20)).await;
        for statement in FULL {
            connection.execute(statement).await.unwrap();
        }
        patient(async || Ok(crowd.failures() > 20)).await;
        connection.execute("DROP TRIGGER full_disk ON log.events").await.unwrap();
        let done = crowd.done();
        patient(async || Ok(crowd.done() > done + 50)).await;
        crowd.stop();
    };
    let (bought, ()) = futures::future::join(crowd.buy(), trouble).await;
    crowd.check(&stage, &bought).await;
    let stage = stage.restart(&ServerOptions::default());
    crowd.check(&stage, &bought).await;
    Ok(())
}
