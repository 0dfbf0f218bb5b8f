//! Whether what clients were told can be explained: the commits of the log, one after another in its order, must be what
//! the model does with the same commands, and every answer must have been right at some moment while it was waited for.

use std::collections::HashMap;

use aggregates::AnyEvent;
use aggregates::account::AccountEvent;
use aggregates::purchase::PurchaseEvent;
use aggregates::recharge::RechargeEvent;
use kernel::ErrorCode;

use super::command::Deed;
use super::history::{Entry, History, Verdict, correlation};
use super::model::{Application, Asked, Model, Outcome, Stage};
use super::money_checks::movement;

/// A command as a client gave it, and what it was told.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) deed: Deed,
    pub(crate) key: Option<u8>,
    /// The head of the log before it was given.
    pub(crate) before: u64,
    /// The head of the log after it was answered.
    pub(crate) after: u64,
    /// What it came to, and the answer to the byte; `None` if the client never heard.
    pub(crate) told: Option<(Outcome, String)>,
}

/// How the correlation of an attempt's commits is written.
pub(crate) fn correlation_of(attempt: usize) -> String {
    format!("attempt-{attempt}")
}

/// The model after each commit, and what each attempt is seen to have done.
struct Walk<'a> {
    attempts: &'a [Attempt],
    models: Vec<(u64, Model)>,
    /// What the model says of each effect that an attempt had.
    effects: Vec<Vec<Outcome>>,
}

/// Explains everything, or names the first thing that cannot be explained. Gives the model at the end.
pub(crate) fn explain(
    history: &History,
    attempts: &[Attempt],
    initial: Model,
    from: u64,
) -> Result<Model, String> {
    let mut walk =
        Walk { attempts, models: vec![(from, initial)], effects: vec![Vec::new(); attempts.len()] };
    for commit in history.commits() {
        if commit.first().is_some_and(|entry| entry.recorded.position.number() > from) {
            walk.step(commit)?;
        }
    }
    for index in 0..attempts.len() {
        walk.explain_unkeyed(index).map_err(|reason| walk.told(index, &reason))?;
    }
    let mut groups: HashMap<(u64, u8), Vec<usize>> = HashMap::new();
    for (index, attempt) in attempts.iter().enumerate() {
        if let (Some(key), Some(account)) = (attempt.key, attempt.deed.account()) {
            groups.entry((account.get(), key)).or_default().push(index);
        }
    }
    for ((account, key), group) in &groups {
        let at = |reason| format!("key k{key} of account {account}: {reason}");
        walk.explain_keyed(group).map_err(at)?;
    }
    Ok(walk.now())
}

impl Walk<'_> {
    fn now(&self) -> Model {
        self.models.last().map(|(_, model)| model.clone()).unwrap_or_default()
    }

    fn told(&self, index: usize, reason: &str) -> String {
        format!("attempt {index} {:?}: {reason}", self.attempts.get(index))
    }

    /// Does with the model what a commit did.
    fn step(&mut self, commit: &[Entry]) -> Verdict {
        let mut model = self.now();
        let Some((first, last)) = commit.first().zip(commit.last()) else { return Ok(()) };
        let name = correlation(commit);
        let index = name.strip_prefix("attempt-").and_then(|number| number.parse::<usize>().ok());
        if let AnyEvent::Recharge(event) = &first.event {
            self.step_recharge(&mut model, event, first.id(), index)?;
        } else {
            let index = index.ok_or_else(|| format!("{} was made by {name}", first.place()))?;
            let attempt = self.attempts.get(index).ok_or("an attempt that never was")?;
            let (outcome, changes) = model.perform(&attempt.deed);
            if !changes {
                let reason = format!("the log has {}, the model {outcome:?}", first.place());
                return Err(self.told(index, &reason));
            }
            if let (Deed::Open { slot }, AnyEvent::Account(AccountEvent::AccountOpened { .. })) =
                (&attempt.deed, &first.event)
            {
                model.opened.insert(*slot, first.id());
            }
            if let (
                Deed::Apply { account, product, num, total, .. },
                AnyEvent::Purchase(PurchaseEvent::PurchaseApplied { buyer, total: asked, .. }),
            ) = (&attempt.deed, &first.event)
            {
                if (buyer, asked.fen()) != (account, *total) {
                    return Err(self.told(index, &format!("{} asks for something else", first.place())));
                }
                let (buyer, product, num, total) = (account.get(), product.get(), *num, *total);
                let application = Application { buyer, product, num, total, stage: Stage::Paying };
                if model.applications.insert(first.id(), application).is_some() {
                    return Err(self.told(index, &format!("{} was asked for twice", first.place())));
                }
            }
            self.effects[index].push(outcome);
        }
        for movement in commit.iter().rev().filter_map(movement) {
            let is_last = commit
                .iter()
                .filter_map(super::money_checks::movement)
                .rfind(|other| (other.funds, other.account) == (movement.funds, movement.account));
            let held = model.held(movement.account, movement.funds);
            if is_last.is_some_and(|last| last.after != held) {
                return Err(format!("{}: {movement:?}, but the model holds {held}", first.place()));
            }
        }
        self.models.push((last.recorded.position.number(), model));
        Ok(())
    }

    fn step_recharge(
        &mut self,
        model: &mut Model,
        event: &RechargeEvent,
        id: u64,
        index: Option<usize>,
    ) -> Verdict {
        match event {
            RechargeEvent::RechargeRequested { account, money, charge, .. } => {
                let attempt = index.and_then(|index| self.attempts.get(index));
                let predicted = attempt.map(|attempt| model.clone().perform(&attempt.deed).0);
                let asked = Outcome::Ordered { id: 0, money: money.fen(), charge: charge.fen() };
                let is_theirs = attempt.is_some_and(|attempt| attempt.deed.account() == Some(*account));
                if predicted.as_ref() != Some(&asked) || !is_theirs {
                    return Err(format!("recharge {id} was asked for, the model has {predicted:?}"));
                }
                let (account, money, charge) = (account.get(), money.fen(), charge.fen());
                let asked = Asked { account, money, charge, is_prepared: false, is_paid: false };
                if model.recharges.insert(id, asked).is_some() {
                    return Err(format!("recharge {id} was asked for twice"));
                }
            }
            // Before that nothing can be paid: only now did the request have its effect.
            RechargeEvent::RechargePrepared { .. } => {
                let asked = model.recharges.get_mut(&id).ok_or("a recharge that nobody asked for")?;
                asked.is_prepared = true;
                let index = index.ok_or_else(|| format!("recharge {id} was prepared by nobody"))?;
                let outcome = Outcome::Ordered { id: 0, money: asked.money, charge: asked.charge };
                self.effects[index].push(outcome);
            }
            RechargeEvent::RechargePaid { .. } => model.pay(id)?,
            RechargeEvent::RechargeClosed {} => {
                return Err(format!("recharge {id} was closed before its time"));
            }
        }
        Ok(())
    }

    /// Whether the attempt came, without changing anything, to this at some moment between question and answer.
    fn came_to_without_effect(&self, index: usize, outcome: &Outcome) -> bool {
        let Some(attempt) = self.attempts.get(index) else { return false };
        let first = self.models.iter().rposition(|(position, _)| *position <= attempt.before).unwrap_or(0);
        let seen = self.models.iter().skip(first).take_while(|(position, _)| *position <= attempt.after);
        let expected = (outcome.without_ids(), false);
        // At least the state before it, even if the head was read late.
        seen.map(|(_, model)| model).any(|model| model.clone().perform(&attempt.deed) == expected)
    }

    /// What an attempt without a key was told is its one effect, or how things stood.
    fn explain_unkeyed(&self, index: usize) -> Verdict {
        let (Some(attempt), Some(effects)) = (self.attempts.get(index), self.effects.get(index)) else {
            return Ok(());
        };
        if effects.len() > 1 {
            return Err(format!("it had more than one effect: {effects:?}"));
        }
        let (Some((outcome, _)), None) = (&attempt.told, attempt.key) else { return Ok(()) };
        let is_right = match effects.first() {
            Some(effect) => outcome.without_ids() == *effect,
            None => self.came_to_without_effect(index, outcome),
        };
        if is_right { Ok(()) } else { Err(format!("it had the effects {effects:?} and was told otherwise")) }
    }

    /// All attempts under one key: one request, one effect, one answer; the others are told so.
    fn explain_keyed(&self, group: &[usize]) -> Verdict {
        let reused = Outcome::Refused(ErrorCode::IdempotencyKeyReused);
        let members = || group.iter().filter_map(|index| Some((*index, self.attempts.get(*index)?)));
        let effects: Vec<_> = group
            .iter()
            .flat_map(|index| {
                self.effects.get(*index).into_iter().flatten().map(move |effect| (*index, effect))
            })
            .collect();
        if effects.len() > 1 {
            return Err(format!("more than one effect: {effects:?}"));
        }
        let answered =
            || members().filter_map(|(index, attempt)| Some((index, attempt, attempt.told.as_ref()?)));
        let mut served = answered().filter(|(_, _, (outcome, _))| *outcome != reused);
        let Some((_, winner, (outcome, answer))) = served.next() else {
            let is_one =
                members().all(|(_, attempt)| Some(&attempt.deed) == members().next().map(|it| &it.1.deed));
            let is_refused = answered().next().is_some();
            return if is_one && is_refused {
                Err("used once only, but called reused".to_owned())
            } else {
                Ok(())
            };
        };
        for (index, attempt, (_, other)) in served {
            if attempt.deed != winner.deed {
                return Err(self.told(index, "another request was served under the same key"));
            }
            if other != answer {
                return Err(self.told(index, &format!("the same request was answered {answer} before")));
            }
        }
        if let Some((index, ..)) =
            answered().find(|(_, attempt, told)| attempt.deed == winner.deed && told.0 == reused)
        {
            return Err(self.told(index, "the same request was called another one"));
        }
        let is_winner = |index: usize| self.attempts.get(index).is_some_and(|it| it.deed == winner.deed);
        let is_right = match effects.first() {
            Some((index, effect)) => is_winner(*index) && outcome.without_ids() == **effect,
            None => {
                group.iter().any(|index| is_winner(*index) && self.came_to_without_effect(*index, outcome))
            }
        };
        if is_right {
            Ok(())
        } else {
            Err(format!("{:?} was told {outcome:?}; the effects are {effects:?}", winner.deed))
        }
    }
}
