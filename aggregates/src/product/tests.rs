//! A product: what it decides, what it refuses, when it changed, and the bytes it is stored as.

use kernel::{Money, Timestamp};

use super::{Offer, Product, ProductCommand, ProductError, ProductEvent, ProductStatus};
use crate::testing::{check, check_refusals, check_stored, fen, fold, fold_at, id};
use crate::{AMOUNT_MAX, TextError};

fn list(name: &str, icon: &str, price: Money) -> ProductCommand {
    ProductCommand::List {
        shop: id(0),
        name: name.into(),
        description: "一壶".into(),
        icon: icon.into(),
        price,
    }
}

fn change(name: &str, description: &str) -> ProductCommand {
    ProductCommand::Change { name: name.into(), description: description.into(), icon: "/tea.png".into() }
}

fn sell(num: u32) -> ProductCommand {
    ProductCommand::Sell { purchase: id(9), num }
}

fn listed() -> ProductEvent {
    ProductEvent::ProductListed {
        shop: id(0),
        name: "绿茶".into(),
        description: "一壶".into(),
        icon: "/tea.png".into(),
        price: fen(500),
    }
}

fn changed() -> ProductEvent {
    ProductEvent::ProductChanged {
        name: "龙井".into(), description: String::new(), icon: "/tea.png".into()
    }
}

fn sold(num: u32, sold: u64) -> ProductEvent {
    ProductEvent::ProductSold { purchase: id(9), num, sold }
}

fn keyed(keywords: &str) -> ProductEvent {
    ProductEvent::ProductKeywordsChanged { keywords: keywords.into() }
}

fn discounted(discount: Option<i64>) -> ProductEvent {
    ProductEvent::ProductDiscounted { discount: discount.map(fen) }
}

fn set_keywords(keywords: &str) -> ProductCommand {
    ProductCommand::SetKeywords { keywords: keywords.into() }
}

fn discount(discount: Option<i64>) -> ProductCommand {
    ProductCommand::Discount { discount: discount.map(fen) }
}

const DELISTED: ProductEvent = ProductEvent::ProductDelisted {};
const RELISTED: ProductEvent = ProductEvent::ProductRelisted {};
const DELETED: ProductEvent = ProductEvent::ProductDeleted {};

#[test]
fn is_listed_changed_and_priced() {
    check::<Product>(vec![], list("绿茶", "/tea.png", fen(500)), vec![listed()]);
    check::<Product>(vec![listed()], change("龙井", ""), vec![changed()]);
    check::<Product>(vec![listed(), DELISTED], change("龙井", ""), vec![changed()]);
    let priced = vec![ProductEvent::ProductPriced { price: AMOUNT_MAX }];
    check::<Product>(vec![listed()], ProductCommand::Price { price: AMOUNT_MAX }, priced);
}

#[test]
fn is_searched_by_words_and_discounted() {
    check::<Product>(vec![listed()], set_keywords("茶|绿茶"), vec![keyed("茶|绿茶")]);
    check::<Product>(vec![listed(), keyed("茶")], set_keywords(""), vec![keyed("")]);
    check::<Product>(vec![listed(), DELISTED], discount(Some(450)), vec![discounted(Some(450))]);
    check::<Product>(vec![listed(), discounted(Some(450))], discount(None), vec![discounted(None)]);
    check::<Product>(vec![listed()], discount(Some(650)), vec![discounted(Some(650))]);
}

#[test]
fn is_sold_at_its_discount_while_it_has_one() {
    let price = |events| fold::<Product>(events).offer().map(|offer| offer.price);
    let repriced = ProductEvent::ProductPriced { price: fen(700) };
    assert_eq!(price(vec![listed(), discounted(Some(450))]), Ok(fen(450)));
    assert_eq!(price(vec![listed(), discounted(Some(450)), repriced.clone()]), Ok(fen(450)));
    assert_eq!(price(vec![listed(), discounted(Some(450)), repriced, discounted(None)]), Ok(fen(700)));
}

#[test]
fn goes_off_sale_and_comes_back() {
    check::<Product>(vec![listed()], ProductCommand::Delist, vec![DELISTED]);
    check::<Product>(vec![listed(), DELISTED], ProductCommand::Relist, vec![RELISTED]);
    check::<Product>(vec![listed()], ProductCommand::Delete, vec![DELETED]);
    check::<Product>(vec![listed(), DELISTED], ProductCommand::Delete, vec![DELETED]);
}

#[test]
fn counts_what_is_sold() {
    check::<Product>(vec![listed()], sell(1), vec![sold(1, 1)]);
    check::<Product>(vec![listed(), sold(2, 2)], sell(u32::MAX), vec![sold(u32::MAX, 4_294_967_297)]);
    check::<Product>(vec![listed(), DELISTED, RELISTED], sell(3), vec![sold(3, 3)]);
}

#[test]
fn what_changes_nothing_makes_no_event() {
    check::<Product>(vec![listed()], change("绿茶", "一壶"), vec![]);
    check::<Product>(vec![listed()], ProductCommand::Price { price: fen(500) }, vec![]);
    check::<Product>(vec![listed()], ProductCommand::Relist, vec![]);
    check::<Product>(vec![listed()], set_keywords(""), vec![]);
    check::<Product>(vec![listed()], discount(None), vec![]);
    check::<Product>(vec![listed(), discounted(Some(450))], discount(Some(450)), vec![]);
    check::<Product>(vec![listed(), DELISTED], ProductCommand::Delist, vec![]);
}

fn text(field: &'static str, min: usize, max: usize) -> ProductError {
    ProductError::InvalidParameter(TextError::Length { field, min, max })
}

#[test]
fn refuses() {
    let gone = || vec![listed(), DELETED];
    let free = ProductCommand::Price { price: fen(0) };
    let beyond = ProductCommand::Price { price: fen(AMOUNT_MAX.fen() + 1) };
    let nul = ProductError::InvalidParameter(TextError::Nul { field: "description" });
    check_refusals::<Product>(
        include_str!("error.rs"),
        vec![
            (vec![listed()], list("", "", fen(0)), ProductError::ProductExists),
            (gone(), list("绿茶", "", fen(500)), ProductError::ProductExists),
            (vec![], list("", "", fen(0)), text("name", 1, 100)),
            (vec![], list("绿茶", &"x".repeat(1025), fen(1)), text("icon", 0, 1024)),
            (vec![], list("绿茶", "", fen(0)), ProductError::AmountOutOfRange),
            (vec![], change("", ""), ProductError::ProductUnknown),
            (gone(), change("龙井", ""), ProductError::ProductUnknown),
            (vec![listed()], change(&"长".repeat(101), ""), text("name", 1, 100)),
            (vec![listed()], change("龙井", &"长".repeat(2001)), text("description", 0, 2000)),
            (vec![listed()], change("龙井", "\0"), nul),
            (vec![], free.clone(), ProductError::ProductUnknown),
            (vec![listed()], free, ProductError::AmountOutOfRange),
            (vec![listed()], beyond, ProductError::AmountOutOfRange),
            (vec![], set_keywords("\0"), ProductError::ProductUnknown),
            (gone(), set_keywords("茶"), ProductError::ProductUnknown),
            (vec![listed()], set_keywords(&"茶".repeat(256)), text("keywords", 0, 255)),
            (gone(), discount(Some(0)), ProductError::ProductUnknown),
            (vec![listed()], discount(Some(0)), ProductError::AmountOutOfRange),
            (vec![listed()], discount(Some(AMOUNT_MAX.fen() + 1)), ProductError::AmountOutOfRange),
            (vec![], ProductCommand::Delist, ProductError::ProductUnknown),
            (gone(), ProductCommand::Delist, ProductError::ProductUnknown),
            (gone(), ProductCommand::Relist, ProductError::ProductUnknown),
            (gone(), ProductCommand::Delete, ProductError::ProductUnknown),
            (vec![], sell(0), ProductError::ProductUnknown),
            (gone(), sell(0), ProductError::ProductUnknown),
            (vec![listed(), DELISTED], sell(0), ProductError::ProductDelisted),
            (vec![listed()], sell(0), ProductError::AmountOutOfRange),
            (vec![listed(), sold(1, (1 << 53) - 1)], sell(1), ProductError::AmountOutOfRange),
        ],
    );
}

#[test]
fn offers_only_what_is_on_sale() {
    let on_sale = fold::<Product>(vec![listed()]);
    assert_eq!(on_sale.offer(), Ok(Offer { shop: id(0), name: "绿茶", price: fen(500) }));
    let delisted = fold::<Product>(vec![listed(), DELISTED]);
    assert_eq!(delisted.offer(), Err(ProductError::ProductDelisted));
    assert_eq!(delisted.shop_of_listed(), Ok(id(0)));
    assert_eq!(fold::<Product>(vec![listed(), DELETED]).offer(), Err(ProductError::ProductUnknown));
    assert_eq!(fold::<Product>(vec![]).offer(), Err(ProductError::ProductUnknown));
}

#[test]
fn remembers_when_it_was_listed_and_changed_but_not_when_it_was_sold() {
    let priced = ProductEvent::ProductPriced { price: fen(650) };
    let times = |events| {
        let product = fold_at::<Product>(events);
        (product.created_at.micros(), product.updated_at.micros())
    };
    assert_eq!(times(vec![(1, listed())]), (1, 1));
    assert_eq!(times(vec![(1, listed()), (2, sold(1, 1))]), (1, 1));
    for event in [changed(), priced, keyed("茶"), discounted(Some(1)), DELISTED, RELISTED, DELETED] {
        assert_eq!(times(vec![(1, listed()), (2, sold(1, 1)), (3, event)]), (1, 3));
    }
    let product = fold_at::<Product>(vec![(1, listed()), (2, sold(4, 4)), (3, changed())]);
    assert_eq!(
        product,
        Product {
            status: ProductStatus::OnSale,
            shop: Some(id(0)),
            name: "龙井".into(),
            description: String::new(),
            icon: "/tea.png".into(),
            price: fen(500),
            discount: None,
            keywords: String::new(),
            sold: 4,
            created_at: Timestamp::from_micros(1),
            updated_at: Timestamp::from_micros(3),
        }
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"ProductListed":{"shop":0,"name":"绿茶","description":"一壶","icon":"/tea.png","price":500}}"#,
            listed(),
        ),
        ("1.0", r#"{"ProductChanged":{"name":"龙井","description":"","icon":"/tea.png"}}"#, changed()),
        ("1.0", r#"{"ProductPriced":{"price":650}}"#, ProductEvent::ProductPriced { price: fen(650) }),
        ("1.0", r#"{"ProductKeywordsChanged":{"keywords":"茶|绿茶"}}"#, keyed("茶|绿茶")),
        ("1.0", r#"{"ProductDiscounted":{"discount":450}}"#, discounted(Some(450))),
        ("1.0", r#"{"ProductDiscounted":{"discount":null}}"#, discounted(None)),
        ("1.0", r#"{"ProductDelisted":{}}"#, DELISTED),
        ("1.0", r#"{"ProductRelisted":{}}"#, RELISTED),
        ("1.0", r#"{"ProductDeleted":{}}"#, DELETED),
        ("1.0", r#"{"ProductSold":{"purchase":9,"num":1,"sold":120}}"#, sold(1, 120)),
    ]);
}
