//! What is found among shops and products, and in which order.

use aggregates::product::ProductEvent;
use projections::{Direction, Order, ProductField, ProductSearch, ShopField};

use crate::history::{
    discounted, fen, id, keyed, listed, named, opened, sealed, shop_described, shop_opened, sold,
};
use crate::world::{World, caught_up, start};
use testing::{Place, on_both};

on_both!(shops_are_found, products_are_found);

async fn shops_are_found(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world
        .append([
            (1, opened("b25l")),
            (0, shop_opened(None, "自营")),
            (9, shop_opened(Some(1), "小茶_店")),
            (9, named(9)),
            (5, shop_opened(Some(1), "小x店")),
            (5, shop_described("好茶", "/5.png")),
            (5, named(5)),
            (7, shop_opened(Some(2), "%大店")),
            (7, named(7)),
        ])
        .await;
    caught_up(&views).await;
    let find = async |name: &str, order: &Order<ShopField>, skip, limit| {
        let shops = views.find_shops(name, order, skip, limit).await.unwrap();
        assert_eq!(shops.has_more, limit == 1, "there are three, and no test asks for the last one alone");
        shops.items.iter().map(|shop| shop.id.get()).collect::<Vec<_>>()
    };
    let plain = Order::default();
    assert_eq!(find("", &plain, 0, 10).await, [9, 5, 7], "in the order of opening, the house's left out");
    assert_eq!(find("小", &plain, 0, 10).await, [9, 5]);
    assert_eq!(find("_", &plain, 0, 10).await, [9], "no wildcard");
    assert_eq!(find("%", &plain, 0, 10).await, [7]);
    assert_eq!(find("X", &plain, 0, 10).await, [0_u64; 0]);
    assert_eq!(find("", &plain, 1, 1).await, [5]);
    assert_eq!(find("", &sorted(&[(ShopField::Id, false)]), 0, 10).await, [9, 7, 5]);
    assert_eq!(find("", &sorted(&[(ShopField::Id, true)]), 1, 1).await, [7]);
    assert_eq!(find("", &sorted(&[(ShopField::Name, true)]), 0, 10).await, [7, 5, 9], "by its bytes");
    assert_eq!(
        find("", &sorted(&[(ShopField::Owner, false), (ShopField::Id, true)]), 0, 10).await,
        [7, 5, 9]
    );
    for field in [ShopField::Content, ShopField::Picture] {
        assert_eq!(find("", &sorted(&[(field, false)]), 0, 1).await, [5]);
    }
    assert_eq!(find("", &sorted(&[(ShopField::CreatedAt, false)]), 0, 10).await, [7, 5, 9]);
    let five = views.shop_named("小x店").await.unwrap().unwrap();
    assert_eq!((five.id, five.content.as_str(), five.picture.as_str()), (id(5), "好茶", "/5.png"));
    assert_eq!((five.owner_profile, five.is_named), (Some(sealed("b25l")), true));
    assert_eq!(views.shop_named("小").await.unwrap(), None);
    assert_eq!(views.shop_named("自营").await.unwrap(), None);
    assert!(!views.shop(id(0)).await.unwrap().unwrap().is_named);
}

fn sorted<F: Copy + PartialEq>(keys: &[(F, bool)]) -> Order<F> {
    let mut order = Order::default();
    for (field, ascending) in keys {
        let direction = if *ascending { Direction::Ascending } else { Direction::Descending };
        assert!(order.then_by(*field, direction));
    }
    order
}

/// Products with these numbers: on sale, delisted and deleted ones of a shop of account 1, one of another shop of account 2
/// and one of the house.
async fn fill_market(world: &mut World) {
    world
        .append([
            (0, shop_opened(None, "自营")),
            (5, shop_opened(Some(1), "五")),
            (5, named(5)),
            (6, shop_opened(Some(2), "六")),
            (6, named(6)),
            (14, listed(5, "绿茶 100%", 500)),
            (14, keyed("茶|绿")),
            (13, listed(5, "红茶", 700)),
            (13, discounted(Some(300))),
            (12, listed(5, "旧茶", 100)),
            (12, ProductEvent::ProductDelisted {}.into()),
            (11, listed(5, "坏茶", 200)),
            (11, ProductEvent::ProductDeleted {}.into()),
            (10, listed(6, "咖啡", 500)),
            (10, keyed("咖啡|茶")),
            (10, sold(1, 9)),
            (99, listed(0, "自营茶", 1)),
        ])
        .await;
}

async fn products_are_found(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    fill_market(&mut world).await;
    caught_up(&views).await;
    let find = async |search: ProductSearch<'_>, order: &Order<ProductField>| {
        let products = views.find_products(&search, order, 0, 10).await.unwrap();
        products.items.iter().map(|product| product.id.get()).collect::<Vec<_>>()
    };
    let plain = Order::default();
    let up = ProductSearch {
        name: "",
        keywords: "",
        shop: None,
        viewer: Some(id(1)),
        on_sale: true,
        delisted: false,
        deleted: false,
    };
    assert_eq!(find(up.clone(), &plain).await, [14, 13, 10], "in the order of listing, the house's left out");
    assert_eq!(find(ProductSearch { name: "茶", ..up.clone() }, &plain).await, [14, 13]);
    assert_eq!(find(ProductSearch { name: "%", ..up.clone() }, &plain).await, [14]);
    assert_eq!(find(ProductSearch { keywords: "茶", ..up.clone() }, &plain).await, [14, 10]);
    assert_eq!(find(ProductSearch { keywords: "茶", shop: Some(id(6)), ..up.clone() }, &plain).await, [10]);
    let down = ProductSearch { on_sale: false, delisted: true, ..up.clone() };
    assert_eq!(find(down.clone(), &plain).await, [12]);
    assert_eq!(find(ProductSearch { viewer: Some(id(2)), ..down.clone() }, &plain).await, [0_u64; 0]);
    assert_eq!(find(ProductSearch { viewer: None, ..down }, &plain).await, [0_u64; 0]);
    let everything = ProductSearch { delisted: true, deleted: true, ..up.clone() };
    assert_eq!(find(everything.clone(), &plain).await, [14, 13, 12, 11, 10]);
    for (field, ascending) in [
        (ProductField::Id, [10, 11, 12, 13, 14]),
        (ProductField::Price, [12, 11, 14, 10, 13]),
        (ProductField::Discount, [14, 12, 11, 10, 13]),
        (ProductField::Sold, [14, 13, 12, 11, 10]),
        (ProductField::Shop, [14, 13, 12, 11, 10]),
        (ProductField::CreatedAt, [14, 13, 12, 11, 10]),
        (ProductField::UpdatedAt, [14, 13, 12, 11, 10]),
        (ProductField::Status, [12, 14, 13, 10, 11]),
        (ProductField::Name, [10, 11, 12, 13, 14]),
        (ProductField::Keywords, [13, 12, 11, 10, 14]),
        (ProductField::Description, [14, 13, 12, 11, 10]),
        (ProductField::Icon, [14, 13, 12, 11, 10]),
    ] {
        assert_eq!(find(everything.clone(), &sorted(&[(field, true)])).await, ascending, "{field:?}");
        let descending = find(everything.clone(), &sorted(&[(field, false)])).await;
        let mut back = descending.clone();
        back.sort_unstable();
        assert_eq!(back, [10, 11, 12, 13, 14], "{field:?}");
    }
    let by_price = sorted(&[(ProductField::Price, false), (ProductField::Id, true)]);
    assert_eq!(find(everything.clone(), &by_price).await, [13, 10, 14, 11, 12]);
    let by_name = sorted(&[(ProductField::Name, false)]);
    assert_eq!(find(everything, &by_name).await, [14, 13, 12, 11, 10]);
    let red = views.product(id(13)).await.unwrap().unwrap();
    assert_eq!((red.price, red.discount, red.price_paid()), (fen(700), Some(fen(300)), fen(300)));
}
