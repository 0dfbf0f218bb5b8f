//! Sessions seen lately, believed for a while; those in use are read again before they are too old.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::Session;
use hashlink::LruCache;
use kernel::{AccountId, Timestamp};

/// Sessions kept in memory at the most.
const CACHED_MAX: usize = 50_000;
/// How long a session read from the vault is believed where other processes may end it.
const SHARED_AGE_MAX: Duration = Duration::from_secs(2);
/// And where none can.
const OWN_AGE_MAX: Duration = Duration::from_secs(600);
/// Sessions read ahead together at the most.
const AHEAD_MAX: usize = 1_000;
/// Sessions that are looked at for that, the last used first.
const AHEAD_SEEN_MAX: usize = 4 * AHEAD_MAX;
/// From one reading ahead to the next at the least: so many sessions a second are read at the most, however many are in use.
const AHEAD_PAUSE: Duration = Duration::from_millis(100);
/// An answer that takes longer is of no use any more.
pub(crate) const AHEAD_TIMEOUT: Duration = Duration::from_secs(2);
/// A session that was used so lately will be used again.
const USED_LATELY: Duration = Duration::from_secs(10);

/// Sessions seen lately.
pub(crate) struct SessionCache {
    known: Mutex<Known>,
    age_max: Duration,
}

struct Known {
    /// The last used at the end.
    entries: LruCache<[u8; 32], Entry>,
    /// When sessions may be read ahead again; `None` while they are being read.
    ahead_from: Option<Instant>,
    /// How often sessions were ended here: what was read before that is not kept.
    ended: u64,
}

struct Entry {
    /// When the vault was asked for it.
    read_at: Instant,
    used_at: Instant,
    session: Session,
}

/// What the vault is asked for.
pub(crate) struct Question {
    pub(crate) hashes: Vec<[u8; 32]>,
    /// Nobody waits for it, so it makes nothing known that is not.
    is_ahead: bool,
    asked_at: Instant,
    ended: u64,
}

/// A session that is known, and what to ask the vault for before it is too late, so that nobody who comes often has to wait for it.
pub(crate) struct Seen {
    pub(crate) session: Session,
    pub(crate) ahead: Option<Question>,
}

impl SessionCache {
    pub(crate) fn new(is_shared: bool) -> Self {
        let entries = LruCache::new(CACHED_MAX);
        let known = Known { entries, ahead_from: Some(Instant::now()), ended: 0 };
        let age_max = if is_shared { SHARED_AGE_MAX } else { OWN_AGE_MAX };
        Self { known: Mutex::new(known), age_max }
    }

    /// A session that can be believed still.
    pub(crate) fn get(&self, hash: &[u8; 32], now: Timestamp) -> Option<Seen> {
        let known = &mut *self.lock();
        let moment = Instant::now();
        let entry = known.entries.get_mut(hash)?;
        entry.used_at = moment;
        let (session, age) = (entry.session, moment.saturating_duration_since(entry.read_at));
        if age >= self.age_max || session.expires_at <= now {
            return None;
        }
        let is_due = age >= self.age_max / 2 && known.ahead_from.is_some_and(|from| from <= moment);
        Some(Seen { session, ahead: is_due.then(|| known.ask_ahead(moment, self.age_max / 2)) })
    }

    /// What to ask the vault for the sake of one session.
    pub(crate) fn ask(&self, hash: [u8; 32]) -> Question {
        Question { hashes: vec![hash], is_ahead: false, asked_at: Instant::now(), ended: self.lock().ended }
    }

    /// Keeps what the vault said, unless sessions were ended meanwhile: it may have said so before.
    pub(crate) fn put(&self, question: &Question, found: &[([u8; 32], Session)]) {
        let Known { entries, ended, .. } = &mut *self.lock();
        let mut gone: HashSet<_> = question.hashes.iter().collect();
        for (hash, session) in found {
            gone.remove(hash);
            if *ended != question.ended {
                continue;
            }
            let (read_at, session) = (question.asked_at, *session);
            match entries.peek_mut(hash) {
                Some(entry) if entry.read_at <= read_at => {
                    (entry.read_at, entry.session) = (read_at, session)
                }
                Some(_) => {}
                None if question.is_ahead => {}
                None => drop(entries.insert(*hash, Entry { read_at, used_at: read_at, session })),
            }
        }
        for hash in gone {
            entries.remove(hash);
        }
    }

    /// The reading ahead is over, whatever it brought.
    pub(crate) fn has_read_ahead(&self) {
        self.lock().ahead_from = Some(Instant::now() + AHEAD_PAUSE);
    }

    /// The session was ended here.
    pub(crate) fn end(&self, hash: &[u8; 32]) {
        let mut known = self.lock();
        known.ended += 1;
        known.entries.remove(hash);
    }

    /// All sessions of the account were ended here.
    pub(crate) fn end_account(&self, account: AccountId) {
        let mut known = self.lock();
        known.ended += 1;
        let is_theirs = |(_, entry): &(&[u8; 32], &Entry)| entry.session.account == account;
        let hashes: Vec<_> = known.entries.iter().filter(is_theirs).map(|(hash, _)| *hash).collect();
        for hash in hashes {
            known.entries.remove(&hash);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Those that are in use and will have to be read again soon.
    fn ask_ahead(&mut self, moment: Instant, due_age: Duration) -> Question {
        self.ahead_from = None;
        let seen = self.entries.iter().rev().take(AHEAD_SEEN_MAX);
        let used =
            seen.take_while(|(_, entry)| moment.saturating_duration_since(entry.used_at) < USED_LATELY);
        let due = used.filter(|(_, entry)| moment.saturating_duration_since(entry.read_at) >= due_age);
        let hashes = due.map(|(hash, _)| *hash).take(AHEAD_MAX).collect();
        Question { hashes, is_ahead: true, asked_at: moment, ended: self.ended }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use engine::Session;
    use kernel::{AccountId, Timestamp};

    use super::{AHEAD_MAX, AHEAD_PAUSE, Question, SHARED_AGE_MAX, Seen, SessionCache, USED_LATELY};

    const HASHES: [[u8; 32]; 3] = [[1; 32], [2; 32], [3; 32]];

    fn session(account: u64) -> Session {
        let account = AccountId::try_from(account).unwrap();
        Session { account, expires_at: Timestamp::default().plus_seconds(10) }
    }

    /// A cache that knows the three sessions of accounts 1, 2 and 3, read at the given moment.
    fn knowing(read_at: Instant) -> SessionCache {
        let cache = SessionCache::new(true);
        for (hash, account) in HASHES.into_iter().zip(1..) {
            let mut question = cache.ask(hash);
            question.asked_at = read_at;
            cache.put(&question, &[(hash, session(account))]);
        }
        cache
    }

    fn known(cache: &SessionCache) -> [bool; 3] {
        HASHES.map(|hash| cache.get(&hash, Timestamp::default()).is_some())
    }

    #[test]
    fn a_session_is_known_until_it_is_old_or_over() {
        let now = Instant::now();
        assert_eq!(known(&knowing(now)), [true; 3]);
        assert_eq!(known(&knowing(now.checked_sub(SHARED_AGE_MAX).unwrap())), [false; 3]);
        assert!(knowing(now).get(&HASHES[0], session(1).expires_at).is_none());
    }

    /// Uses a session; gives what is to be read ahead.
    fn ahead(cache: &SessionCache, hash: &[u8; 32]) -> Option<Question> {
        let Seen { ahead, .. } = cache.get(hash, Timestamp::default()).expect("it is known");
        ahead
    }

    #[test]
    fn those_in_use_are_read_ahead_when_they_are_half_as_old_as_they_may_be() {
        let young = knowing(Instant::now());
        assert!(HASHES.iter().all(|hash| ahead(&young, hash).is_none()));

        let older = knowing(Instant::now().checked_sub(SHARED_AGE_MAX / 2).unwrap());
        older.lock().entries.peek_mut(&HASHES[0]).unwrap().used_at -= USED_LATELY;
        assert!(ahead(&older, &HASHES[1]).is_some_and(|question| question.hashes == [HASHES[1], HASHES[2]]));
        assert!(ahead(&older, &HASHES[2]).is_none(), "they are being read already");
        older.has_read_ahead();
        assert!(ahead(&older, &HASHES[2]).is_none(), "not all the time");
        older.lock().ahead_from = Some(Instant::now());
        let question = ahead(&older, &HASHES[2]).unwrap();
        // One of them is over elsewhere.
        older.put(&question, &[(HASHES[2], session(3))]);
        older.lock().ahead_from = Some(Instant::now());
        assert!(ahead(&older, &HASHES[2]).is_none(), "young again");
        assert_eq!(known(&older), [true, false, true]);
    }

    #[test]
    fn a_late_answer_neither_makes_anything_known_nor_older() {
        let cache = knowing(Instant::now().checked_sub(SHARED_AGE_MAX / 2).unwrap());
        let late = ahead(&cache, &HASHES[0]).unwrap();
        // Meanwhile one is read anew, and another is found to be over elsewhere.
        cache.put(&cache.ask(HASHES[1]), &[(HASHES[1], session(2))]);
        cache.put(&cache.ask(HASHES[2]), &[]);
        let read_at = |hash| cache.lock().entries.peek(hash).map(|entry| entry.read_at);
        let newer = read_at(&HASHES[1]);
        cache.put(&late, &[(HASHES[0], session(1)), (HASHES[1], session(2)), (HASHES[2], session(3))]);
        assert_eq!([&HASHES[0], &HASHES[1], &HASHES[2]].map(read_at), [Some(late.asked_at), newer, None]);
    }

    #[test]
    fn no_more_than_so_many_are_read_ahead() {
        let cache = SessionCache::new(true);
        let asked_at = Instant::now().checked_sub(SHARED_AGE_MAX / 2).unwrap();
        let mut last = [0; 32];
        for number in 0..AHEAD_MAX + 10 {
            last[..8].copy_from_slice(&number.to_be_bytes());
            let question = Question { hashes: vec![last], is_ahead: false, asked_at, ended: 0 };
            cache.put(&question, &[(last, session(1))]);
        }
        assert_eq!(ahead(&cache, &last).unwrap().hashes.len(), AHEAD_MAX);
        assert!(AHEAD_PAUSE < SHARED_AGE_MAX / 2, "in time for those that are left");
    }

    #[test]
    fn what_was_read_before_a_session_ended_is_not_kept() {
        for end in [
            |cache: &SessionCache| cache.end(&HASHES[0]),
            |cache: &SessionCache| {
                cache.end_account(session(1).account);
            },
        ] {
            let cache = knowing(Instant::now().checked_sub(SHARED_AGE_MAX / 2).unwrap());
            let question = ahead(&cache, &HASHES[0]).unwrap();
            end(&cache);
            let found = [(HASHES[0], session(1)), (HASHES[1], session(2)), (HASHES[2], session(3))];
            cache.put(&question, &found);
            assert_eq!(known(&cache), [false, true, true]);
            // The others were not read anew, so they are asked for again.
            cache.lock().ahead_from = Some(Instant::now());
            let mut again = ahead(&cache, &HASHES[1]).unwrap().hashes;
            again.sort_unstable();
            assert_eq!(again, [HASHES[1], HASHES[2]]);
        }
    }
}
