//! What each projection shows of the events it folds.

use aggregates::account::{AccountEvent, Role};
use aggregates::balance::{BalanceEvent, CreditSource};
use aggregates::product::ProductEvent;
use aggregates::recharge::RechargeEvent;
use aggregates::recharge_item::RechargeItemEvent;
use aggregates::shop::ShopEvent;
use kernel::Timestamp;
use projections::{
    EntryType, LedgerKind, PaymentMethod, ProductStatus, PurchaseStatus, RechargeItemStatus, RechargeStatus,
};

use crate::history::{
    applied, bought, cancelled, credited, debited, fen, granted, id, item_listed, line_added, line_increased,
    line_removed, listed, opened, paid, requested, sealed, sold, spent,
};
use crate::world::{BEGAN, caught_up, start};
use testing::{Place, on_both};

on_both!(
    accounts,
    an_erased_account,
    the_ledger,
    the_ledger_by_pages,
    carts,
    products,
    shops,
    recharge_items,
    purchases,
    purchases_that_wait,
    recharges,
    nothing_yet,
);

/// The time of the nth event, counted from 0.
const fn at(number: i64) -> Timestamp {
    Timestamp::from_micros(BEGAN + number * 1_000_000)
}

async fn accounts(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (1, opened("b25l")),
            (2, opened("dHdv")),
            (1, credited(11, 10_000, 10_000)),
            (1, granted(12, 2_000, 2_000)),
            (1, debited(13, 500, 9_500)),
            (1, spent(14, 300, 1_700)),
            (1, AccountEvent::AccountRoleGranted { role: Role::Auditor }.into()),
            (1, AccountEvent::AccountProfileChanged { profile: sealed("bmV3") }.into()),
        ])
        .await;
    caught_up(&views).await;
    let one = views.account(id(1)).await.unwrap().unwrap();
    assert_eq!(one.profile, Some(sealed("bmV3")));
    assert_eq!(one.roles, [Role::Auditor, Role::Customer]);
    assert_eq!((one.balance, one.coupon), (fen(9_500), fen(1_700)));
    assert_eq!((one.created_at, one.updated_at, one.erased), (at(0), at(7), false));
    let two = views.account(id(2)).await.unwrap().unwrap();
    assert_eq!((two.balance, two.coupon, two.profile), (fen(0), fen(0), Some(sealed("dHdv"))));
    assert_eq!(views.account(id(3)).await.unwrap(), None);
}

async fn an_erased_account(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (1, opened("b25l")),
            (1, credited(11, 100, 100)),
            (1, AccountEvent::AccountErased {}.into()),
        ])
        .await;
    caught_up(&views).await;
    let one = views.account(id(1)).await.unwrap().unwrap();
    assert_eq!((one.profile, one.roles, one.erased), (None, vec![], true));
    assert_eq!((one.balance, one.updated_at), (fen(100), at(2)));
}

async fn the_ledger(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let adjusted = BalanceEvent::BalanceCredited {
        entry: id(15),
        amount: fen(7),
        balance: fen(9_507),
        source: CreditSource::Adjustment { reason: "补偿".to_owned() },
    };
    world
        .append([
            (1, credited(11, 10_000, 10_000)),
            (1, granted(12, 2_000, 2_000)),
            (1, debited(13, 500, 9_500)),
            (2, credited(14, 1, 1)),
            (1, adjusted.into()),
            (1, spent(16, 300, 1_700)),
        ])
        .await;
    caught_up(&views).await;
    let entries = views.ledger(id(1), LedgerKind::Balance, None, 100).await.unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            (entry.id.get(), entry.entry_type, entry.name.as_str(), entry.item_id, entry.money.fen())
        })
        .collect();
    assert_eq!(
        told,
        [
            (15, EntryType::Adjustment, "补偿", 0, 7),
            (13, EntryType::Purchase, "绿茶", 4, -500),
            (11, EntryType::Recharge, "充100送20", 2, 10_000),
        ]
    );
    let balances: Vec<_> = entries.iter().map(|entry| (entry.balance.fen(), entry.created_at)).collect();
    assert_eq!(balances, [(9_507, at(4)), (9_500, at(2)), (10_000, at(0))]);
    let coupons = views.ledger(id(1), LedgerKind::Coupon, None, 100).await.unwrap();
    let told: Vec<_> =
        coupons.iter().map(|entry| (entry.entry_type, entry.money.fen(), entry.balance.fen())).collect();
    assert_eq!(told, [(EntryType::Adjustment, -300, 1_700), (EntryType::Cashback, 2_000, 2_000)]);
    assert!(coupons.iter().all(|entry| entry.kind == LedgerKind::Coupon && entry.account == id(1)));
}

async fn the_ledger_by_pages(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world.append_batch((1..=2_050_i64).map(|n| (1, credited(n.cast_unsigned(), 1, n)))).await;
    caught_up(&views).await;
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = views.ledger(id(1), LedgerKind::Balance, before, u32::MAX).await.unwrap();
        assert!(page.len() <= 1_000);
        let Some(last) = page.last() else { break };
        before = Some(last.position);
        seen.extend(page.iter().map(|entry| entry.balance.fen()));
    }
    assert_eq!(seen, (1..=2_050).rev().collect::<Vec<i64>>());
    assert_eq!(views.ledger(id(1), LedgerKind::Balance, None, 0).await.unwrap().len(), 1);
}

async fn carts(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (4, listed(0, "绿茶", 500)),
            (5, listed(0, "红茶", 600)),
            (1, line_added(29, 4, 1)),
            (1, line_added(21, 5, 1)),
            (1, line_added(22, 4, 1)),
            (1, line_increased(29, 4, 3)),
            (1, line_removed(22, 4)),
            (2, line_added(23, 4, 1)),
            (4, ProductEvent::ProductPriced { price: fen(550) }.into()),
            (5, ProductEvent::ProductDeleted {}.into()),
        ])
        .await;
    caught_up(&views).await;
    let lines = views.cart(id(1)).await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.id.get(), line.product_name.as_str(), line.product_price.fen(), line.num))
        .collect();
    assert_eq!(
        told,
        [(29, "绿茶", 550, 3), (21, "红茶", 600, 1)],
        "in the order of adding, at today's price"
    );
    let first = lines.first().unwrap();
    assert_eq!((first.created_at, first.updated_at, first.account), (at(2), at(5), id(1)));
    assert_eq!(views.cart(id(3)).await.unwrap(), []);
}

async fn products(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let changed = ProductEvent::ProductChanged {
        name: "龙井".to_owned(),
        description: String::new(),
        icon: "/icons/long.png".to_owned(),
    };
    world
        .append([
            (1, listed(7, "绿茶", 500)),
            (2, listed(7, "红茶", 600)),
            (3, listed(7, "白茶", 700)),
            (4, listed(8, "黑茶", 800)),
            (5, listed(7, "黄茶", 900)),
            (1, changed.into()),
            (2, ProductEvent::ProductDelisted {}.into()),
            (3, ProductEvent::ProductDelisted {}.into()),
            (3, ProductEvent::ProductRelisted {}.into()),
            (5, ProductEvent::ProductDeleted {}.into()),
            (1, sold(91, 1)),
            (1, sold(92, 3)),
        ])
        .await;
    caught_up(&views).await;
    let names = |products: Vec<projections::ProductView>| -> Vec<String> {
        products.into_iter().map(|product| product.name).collect()
    };
    assert_eq!(names(views.products(id(7), None, 10).await.unwrap()), ["白茶", "龙井"]);
    let newest = views.products(id(7), None, 1).await.unwrap();
    let before = newest.first().map(|product| product.position);
    assert_eq!(names(views.products(id(7), before, 10).await.unwrap()), ["龙井"]);
    assert_eq!(views.products(id(99), None, 10).await.unwrap(), []);
    let one = views.product(id(1)).await.unwrap().unwrap();
    assert_eq!((one.shop, one.price, one.sold, one.status), (id(7), fen(500), 3, ProductStatus::OnSale));
    assert_eq!((one.description.as_str(), one.icon.as_str()), ("", "/icons/long.png"));
    assert_eq!((one.created_at, one.updated_at), (at(0), at(5)));
    let two = views.product(id(2)).await.unwrap().unwrap();
    assert_eq!((two.status, two.description.as_str()), (ProductStatus::Delisted, "一壶 \"热\" \\ 的"));
    assert_eq!(views.product(id(5)).await.unwrap().unwrap().status, ProductStatus::Deleted);
    assert_eq!(views.product(id(6)).await.unwrap(), None);
}

async fn shops(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (0, ShopEvent::ShopOpened { owner: None, name: "自营".to_owned() }.into()),
            (7, ShopEvent::ShopOpened { owner: Some(id(3)), name: "一号店".to_owned() }.into()),
            (7, ShopEvent::ShopRenamed { name: "二号店".to_owned() }.into()),
        ])
        .await;
    caught_up(&views).await;
    let house = views.shop(id(0)).await.unwrap().unwrap();
    assert_eq!((house.owner, house.name.as_str()), (None, "自营"));
    let seven = views.shop(id(7)).await.unwrap().unwrap();
    assert_eq!((seven.owner, seven.name.as_str()), (Some(id(3)), "二号店"));
    assert_eq!((seven.created_at, seven.updated_at), (at(1), at(2)));
    assert_eq!(views.shop(id(8)).await.unwrap(), None);
}

async fn recharge_items(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let changed = RechargeItemEvent::RechargeItemChanged {
        name: "充50".to_owned(),
        description: "改".to_owned(),
        money: fen(5_000),
        charge: fen(0),
    };
    world
        .append([
            (1, item_listed("充10", 1_000, 100)),
            (2, item_listed("充20", 2_000, 300)),
            (3, item_listed("充30", 3_000, 500)),
            (1, changed.into()),
            (2, RechargeItemEvent::RechargeItemDelisted {}.into()),
        ])
        .await;
    caught_up(&views).await;
    let items = views.recharge_items(None, 10).await.unwrap();
    let told: Vec<_> =
        items.iter().map(|item| (item.name.as_str(), item.money.fen(), item.charge.fen())).collect();
    assert_eq!(told, [("充30", 3_000, 500), ("充50", 5_000, 0)]);
    let before = items.first().map(|item| item.position);
    assert_eq!(views.recharge_items(before, 10).await.unwrap().len(), 1);
    let two = views.recharge_item(id(2)).await.unwrap().unwrap();
    assert_eq!((two.status, two.updated_at), (RechargeItemStatus::Delisted, at(4)));
    assert_eq!(views.recharge_item(id(4)).await.unwrap(), None);
}

async fn purchases(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (90, bought(1, 4, PaymentMethod::Balance)),
            (91, bought(1, 5, PaymentMethod::Coupon)),
            (92, bought(2, 4, PaymentMethod::Balance)),
        ])
        .await;
    caught_up(&views).await;
    let purchases = views.purchases(id(1), None, 10).await.unwrap();
    let told: Vec<_> = purchases.iter().map(|bought| (bought.id.get(), bought.method)).collect();
    assert_eq!(told, [(91, Some(PaymentMethod::Coupon)), (90, Some(PaymentMethod::Balance))]);
    let newest = purchases.first().unwrap();
    assert_eq!((newest.unit_price, newest.num, newest.total), (fen(500), 2, fen(1_000)));
    assert_eq!((newest.product, newest.shop, newest.created_at), (id(5), id(0), at(1)));
    let older = views.purchases(id(1), Some(newest.id), 10).await.unwrap();
    assert_eq!(older.len(), 1);
}

async fn purchases_that_wait(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (1, applied(1, 4)),
            (2, applied(1, 4)),
            (3, applied(1, 5)),
            (4, applied(2, 5)),
            (2, paid(1, 4)),
            (3, cancelled(1)),
        ])
        .await;
    caught_up(&views).await;
    let purchases = views.purchases(id(1), None, 10).await.unwrap();
    let told: Vec<_> =
        purchases.iter().map(|bought| (bought.id.get(), bought.status, bought.method)).collect();
    let wallet = Some(PaymentMethod::Balance);
    let expected = [
        (3, PurchaseStatus::Cancelled, None),
        (2, PurchaseStatus::Paid, wallet),
        (1, PurchaseStatus::Paying, None),
    ];
    assert_eq!(told, expected);
    let second = purchases.get(1).unwrap();
    assert_eq!((second.unit_price, second.num, second.total), (fen(450), 2, fen(900)));
    assert_eq!((second.product, second.shop, second.created_at), (id(4), id(7), at(1)));
}

async fn recharges(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let prepared = |n: u64| RechargeEvent::RechargePrepared { prepay_id: format!("wx{n}") }.into();
    let paid = RechargeEvent::RechargePaid {
        transaction_id: "4200".to_owned(),
        amount: fen(10_000),
        success_time: None,
    };
    world
        .append([
            (5, requested(1)),
            (4, requested(1)),
            (3, requested(1)),
            (2, requested(1)),
            (1, requested(1)),
            (5, prepared(5)),
            (4, prepared(4)),
            (4, paid.into()),
            (3, RechargeEvent::RechargeClosed {}.into()),
            (5, prepared(55)),
        ])
        .await;
    caught_up(&views).await;
    let ids = |recharges: &[projections::RechargeView]| -> Vec<u64> {
        recharges.iter().map(|recharge| recharge.id.get()).collect()
    };
    let open = views.open_recharges(None, 10).await.unwrap();
    assert_eq!(ids(&open), [5, 2, 1], "neither paid nor closed, oldest first");
    let first = views.open_recharges(None, 2).await.unwrap();
    assert_eq!(ids(&first), [5, 2]);
    assert_eq!(ids(&views.open_recharges(first.last(), 2).await.unwrap()), [1]);
    let four = views.recharge(id(4)).await.unwrap().unwrap();
    assert_eq!((four.status, four.transaction_id.as_deref()), (RechargeStatus::Paid, Some("4200")));
    assert_eq!((four.account, four.item, four.money, four.charge), (id(1), id(2), fen(10_000), fen(2_000)));
    let five = views.recharge(id(5)).await.unwrap().unwrap();
    assert_eq!((five.status, five.prepay_id.as_deref()), (RechargeStatus::Prepared, Some("wx55")));
    assert_eq!((five.created_at, five.updated_at, five.transaction_id), (at(0), at(9), None));
    assert_eq!(views.recharge(id(6)).await.unwrap(), None);
}

async fn nothing_yet(place: &Place) {
    let (_world, _projector, views) = start(place).await;
    caught_up(&views).await;
    assert_eq!(views.account(id(1)).await.unwrap(), None);
    assert_eq!(views.ledger(id(1), LedgerKind::Balance, None, 10).await.unwrap(), []);
    assert!(views.status().iter().all(|status| status.lag == 0));
}
