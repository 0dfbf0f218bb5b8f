//! Accounts: who they are (sealed), what they may do, what they hold.

use aggregates::AnyEvent;
use aggregates::account::{AccountEvent, Role};
use aggregates::balance::BalanceEvent;
use aggregates::coupon::CouponEvent;
use event_store::{RecordedEvent, fetch_optional};
use kernel::{AccountId, Money, Sealed, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, money, time};

const ROLES: [Role; 5] = [Role::Customer, Role::Merchant, Role::Supplier, Role::Operator, Role::Auditor];
const ACCOUNT: &str = "SELECT a.profile, a.erased, a.created_at, a.updated_at,
    COALESCE(b.balance, 0), COALESCE(c.coupon, 0),
    COALESCE((SELECT string_agg(r.role, ',' ORDER BY r.role) FROM account_roles r WHERE r.account = a.id), '')
    FROM accounts a
    LEFT JOIN account_balances b ON b.account = a.id
    LEFT JOIN account_coupons c ON c.account = a.id
    WHERE a.id = $1";

table! {
    /// Who it is. The profile is empty once the account was erased.
    AccountRow, AccountPatch, "accounts";
    key { id: int }
    profile: text, erased: int, created_at: int, updated_at: int;
}

table! {
    /// What it may do.
    RoleRow, RolePatch, "account_roles";
    key { account: int, role: text }
    granted_at: int;
}

table! {
    /// The money it holds. A table of its own, since it changes all the time and the profile hardly ever.
    BalanceRow, BalancePatch, "account_balances" hot;
    key { account: int }
    balance: int;
}

table! {
    /// The promotional money it holds.
    CouponRow, CouponPatch, "account_coupons" hot;
    key { account: int }
    coupon: int;
}

changes! {
    /// What events change in the tables of accounts.
    AccountsChanges {
        accounts: AccountRow,
        roles: RoleRow,
        balances: BalanceRow,
        coupons: CouponRow,
    }
}

/// Keeps accounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accounts;

impl Projection for Accounts {
    const NAME: &'static str = "accounts";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["account", "balance", "coupon"];
    type Changes = AccountsChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut AccountsChanges,
    ) -> Result<(), FoldError> {
        if let AnyEvent::Account(event) = event {
            let account = i64::from(stream_id::<AccountId>(recorded)?);
            fold_account(account, event, recorded.recorded_at.micros(), changes);
        } else if let AnyEvent::Balance(
            BalanceEvent::BalanceCredited { balance, .. } | BalanceEvent::BalanceDebited { balance, .. },
        ) = event
        {
            let account = stream_id::<AccountId>(recorded)?.into();
            changes.balances.put(BalanceRow { account, balance: balance.fen() });
        } else if let AnyEvent::Coupon(
            CouponEvent::CouponGranted { coupon, .. } | CouponEvent::CouponSpent { coupon, .. },
        ) = event
        {
            let account = stream_id::<AccountId>(recorded)?.into();
            changes.coupons.put(CouponRow { account, coupon: coupon.fen() });
        }
        Ok(())
    }
}

fn fold_account(account: i64, event: &AccountEvent, at: i64, changes: &mut AccountsChanges) {
    let grant = |role: Role| RoleRow { account, role: role_name(role).to_owned(), granted_at: at };
    match event {
        AccountEvent::AccountOpened { roles, profile } => {
            let profile = profile.as_base64().to_owned();
            changes.accounts.put(AccountRow {
                id: account,
                profile,
                erased: 0,
                created_at: at,
                updated_at: at,
            });
            roles.iter().for_each(|role| changes.roles.put(grant(*role)));
        }
        AccountEvent::AccountProfileChanged { profile } => changes.accounts.patch((account,), |patch| {
            patch.profile = Some(profile.as_base64().to_owned());
            patch.updated_at = Some(at);
        }),
        AccountEvent::AccountRoleGranted { role } => {
            changes.roles.put(grant(*role));
            changes.accounts.patch((account,), |patch| patch.updated_at = Some(at));
        }
        AccountEvent::AccountErased {} => {
            changes.accounts.patch((account,), |patch| {
                patch.profile = Some(String::new());
                patch.erased = Some(1);
                patch.updated_at = Some(at);
            });
            for role in ROLES {
                changes.roles.delete((account, role_name(role).to_owned()));
            }
        }
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Merchant => "merchant",
        Role::Supplier => "supplier",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
    }
}

/// An account as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// Who it is, sealed; `None` once it was erased.
    pub profile: Option<Sealed>,
    /// What it may do, by name; nothing once it was erased.
    pub roles: Vec<Role>,
    /// The money it holds.
    pub balance: Money,
    /// The promotional money it holds.
    pub coupon: Money,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its profile or roles last changed.
    pub updated_at: Timestamp,
    /// Whether the person is gone.
    pub erased: bool,
}

impl Views {
    /// An account; `None` if there is none of that id.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn account(&self, id: AccountId) -> Result<Option<AccountView>, QueryError> {
        let row = fetch_optional!(
            self.rows_of([Accounts::NAME])?,
            (String, i64, i64, i64, i64, i64, String),
            ACCOUNT,
            i64::from(id)
        )?;
        let Some((profile, erased, created_at, updated_at, balance, coupon, roles)) = row else {
            return Ok(None);
        };
        Ok(Some(AccountView {
            id,
            profile: (erased == 0).then(|| Sealed::from_base64(profile)),
            roles: read_roles(&roles)?,
            balance: money(balance),
            coupon: money(coupon),
            created_at: time(created_at),
            updated_at: time(updated_at),
            erased: erased != 0,
        }))
    }
}

fn read_roles(names: &str) -> Result<Vec<Role>, QueryError> {
    let read = |name: &str| {
        let role = ROLES.into_iter().find(|role| role_name(*role) == name);
        role.ok_or_else(|| Reader("account_roles").damaged("role"))
    };
    names.split(',').filter(|name| !name.is_empty()).map(read).collect()
}
