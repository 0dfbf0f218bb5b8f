//! An account as it stood at a moment: what its own streams' last events up to then say.

use aggregates::AnyEvent;
use aggregates::account::{AccountEvent, Role};
use aggregates::balance::BalanceEvent;
use aggregates::coupon::CouponEvent;
use event_store::{Position, StreamId};
use kernel::{AccountId, Money, Timestamp};

use super::{Archive, Standing};
use crate::scan::ReportError;
use crate::verify::decode_recorded;

/// Events of an account's stream read at a time.
const PAGE: u32 = 256;

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// It can be used.
    Open,
    /// The person is gone.
    Erased,
}

/// An account at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAt {
    /// Which.
    pub account: AccountId,
    /// Where it is in its life.
    pub state: AccountState,
    /// What it may do.
    pub roles: Vec<Role>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When its profile or roles last changed.
    pub changed_at: Timestamp,
    /// The balance.
    pub balance: Money,
    /// How many entries made it so.
    pub balance_entries: u64,
    /// The coupon balance.
    pub coupon: Money,
    /// How many entries made it so.
    pub coupon_entries: u64,
}

impl Archive {
    /// An account as it stood; `None` if it had not been opened by then.
    ///
    /// # Errors
    /// The store cannot be read, or an event does not read.
    pub async fn account(
        &self,
        account: AccountId,
        standing: &Standing,
    ) -> Result<Option<AccountAt>, ReportError> {
        let until = Position::from_number(standing.position);
        let Some(mut found) = self.fold_account(account, until).await? else { return Ok(None) };
        let stream = |kind: &'static str| StreamId::new(kind, account.to_string());
        if let Some(last) = self.last_of_stream(&stream("balance"), until).await? {
            let event = decode_recorded(&last)?;
            found.balance_entries = last.sequence;
            if let AnyEvent::Balance(
                BalanceEvent::BalanceCredited { balance, .. } | BalanceEvent::BalanceDebited { balance, .. },
            ) = event
            {
                found.balance = balance;
            }
        }
        if let Some(last) = self.last_of_stream(&stream("coupon"), until).await? {
            let event = decode_recorded(&last)?;
            found.coupon_entries = last.sequence;
            if let AnyEvent::Coupon(
                CouponEvent::CouponGranted { coupon, .. } | CouponEvent::CouponSpent { coupon, .. },
            ) = event
            {
                found.coupon = coupon;
            }
        }
        Ok(Some(found))
    }

    async fn fold_account(
        &self,
        account: AccountId,
        until: Position,
    ) -> Result<Option<AccountAt>, ReportError> {
        let stream = StreamId::new("account", account.to_string());
        let (mut found, mut after) = (None, 0);
        loop {
            let page = self.0.short.read_stream(&stream, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.sequence;
            for event in &page {
                if event.position > until {
                    return Ok(found);
                }
                let decoded = decode_recorded(event)?;
                if let AnyEvent::Account(decoded) = decoded {
                    fold(&mut found, account, decoded, event.recorded_at);
                }
            }
        }
    }
}

fn fold(found: &mut Option<AccountAt>, account: AccountId, event: AccountEvent, at: Timestamp) {
    let known = found.get_or_insert(AccountAt {
        account,
        state: AccountState::Open,
        roles: Vec::new(),
        opened_at: at,
        changed_at: at,
        balance: Money::ZERO,
        balance_entries: 0,
        coupon: Money::ZERO,
        coupon_entries: 0,
    });
    known.changed_at = at;
    match event {
        AccountEvent::AccountOpened { roles, .. } => known.roles = roles,
        AccountEvent::AccountProfileChanged { .. } => {}
        AccountEvent::AccountRoleGranted { role } => known.roles.push(role),
        AccountEvent::AccountErased {} => {
            known.roles.clear();
            known.state = AccountState::Erased;
        }
    }
}
