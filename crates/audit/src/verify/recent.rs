//! Commit ids seen lately, so that one that comes again is told.

use std::collections::VecDeque;

use foldhash::HashSet;
use kernel::Timestamp;
use uuid::Uuid;

/// Ids remembered beside those of the present moment. One that comes again later than that would still have to pass the
/// rules of what belongs together.
const IDS_MAX: usize = 16_384;

/// The ids of the present moment, and the last ones before.
#[derive(Default)]
pub(super) struct RecentCommits {
    /// Each greater than all before it, as one server draws them: those are surely new, and in order by themselves.
    rising: VecDeque<(Uuid, Timestamp)>,
    /// The others, which come where several servers are at work.
    others: HashSet<Uuid>,
    order: VecDeque<(Uuid, Timestamp)>,
}

impl RecentCommits {
    /// Remembers the id; `false` if it was there.
    pub(super) fn note(&mut self, id: Uuid, at: Timestamp) -> bool {
        if self.rising.back().is_none_or(|(greatest, _)| id > *greatest) {
            self.rising.push_back((id, at));
            while pop_past(&mut self.rising, at).is_some() {}
            return true;
        }
        let is_known = self.rising.binary_search_by(|(known, _)| known.cmp(&id)).is_ok();
        if is_known || !self.others.insert(id) {
            return false;
        }
        self.order.push_back((id, at));
        while let Some(oldest) = pop_past(&mut self.order, at) {
            self.others.remove(&oldest);
        }
        true
    }
}

/// Lets go of the oldest of too many, if it is of an earlier moment: time does not go back, so it cannot come again with its time.
fn pop_past(ids: &mut VecDeque<(Uuid, Timestamp)>, now: Timestamp) -> Option<Uuid> {
    let is_past = ids.len() > IDS_MAX && ids.front().is_some_and(|(_, then)| *then < now);
    if is_past { ids.pop_front().map(|(id, _)| id) } else { None }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use uuid::Uuid;

    use super::{IDS_MAX, RecentCommits};

    const fn id(number: usize) -> Uuid {
        Uuid::from_u128(number as u128)
    }

    #[test]
    fn an_id_comes_again_in_whatever_order_ids_come() {
        let mut recent = RecentCommits::default();
        let at = Timestamp::from_micros;
        let drawn = [5, 9, 7, 20, 8, 6, 21];
        for (moment, number) in (0..).zip(drawn) {
            assert!(recent.note(id(number), at(moment)), "{number}");
        }
        for number in drawn {
            assert!(!recent.note(id(number), at(9)), "{number}");
        }
        assert!(recent.note(id(4), at(9)) && !recent.note(id(4), at(9)));
    }

    /// Those of the present moment are never too many; of earlier ones only so many are kept, whichever way they came.
    #[test]
    fn what_is_kept_is_bounded() {
        for is_rising in [true, false] {
            let mut recent = RecentCommits::default();
            let all = 3 * IDS_MAX;
            let number = |turn: usize| if is_rising { turn } else { all - turn };
            for turn in 1..all {
                assert!(recent.note(id(number(turn)), Timestamp::from_micros(0)));
            }
            assert!(!recent.note(id(number(1)), Timestamp::from_micros(0)));
            assert!(recent.note(id(number(all)), Timestamp::from_micros(1)));
            let kept = recent.rising.len() + recent.others.len();
            assert!((IDS_MAX..=IDS_MAX + 1).contains(&kept), "{kept}");
            assert_eq!(recent.order.len(), recent.others.len());
        }
    }
}
