//! What the list of notices shows, in which order, and what its filters let through.

use aggregates::notice::{NoticeEvent, NoticeKind, NoticeText};
use kernel::{Sealed, Timestamp};
use projections::{NoticeFilter, NoticePlace, NoticeView};

use crate::history::{id, notice_published, notice_updated, sealed};
use crate::world::{caught_up, start};
use testing::{Place, on_both};

on_both!(a_notice, the_last_updated_first, by_pages, filters, wildcards_mean_themselves);

/// Every notice of a kind.
pub(crate) const fn filter(kind: NoticeKind) -> NoticeFilter {
    NoticeFilter {
        kind,
        id: None,
        state: None,
        occurred_at: None,
        published_at: None,
        updated_at: None,
        owner: None,
    }
}

const ALL: NoticeFilter = filter(NoticeKind::Lost);

const fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn ids(notices: &[NoticeView]) -> Vec<u64> {
    notices.iter().map(|notice| notice.id.get()).collect()
}

async fn a_notice(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let change =
        [(NoticeText::Title, Some("bmV3")), (NoticeText::OwnerQq, None), (NoticeText::Picture3, None)];
    world
        .append([
            (7, notice_published(2, NoticeKind::Lost, 10, &[(NoticeText::OwnerQq, "cXE=")])),
            (8, notice_published(2, NoticeKind::Found, 10, &[])),
            (7, notice_updated(20, &change)),
        ])
        .await;
    caught_up(&views).await;
    let notices = views.notices(&ALL, None, 10).await.unwrap();
    let [notice] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!((notice.id, notice.owner, notice.kind, notice.state), (id(7), id(2), NoticeKind::Lost, 1));
    let times = (notice.occurred_at, notice.published_at, notice.updated_at);
    assert_eq!(times, (moment(9), moment(10), moment(20)));
    assert_eq!(notice.text(NoticeText::Title), Some(&sealed("bmV3")));
    assert_eq!(notice.text(NoticeText::Label).map(Sealed::as_base64), Some("bmVlZGVk"));
    assert_eq!(notice.text(NoticeText::OwnerQq), None);
    assert_eq!(notice.texts.len(), 4);
    assert_eq!(ids(&views.notices(&filter(NoticeKind::Found), None, 10).await.unwrap()), [8]);

    world.append([(7, NoticeEvent::NoticeDeleted {}.into())]).await;
    caught_up(&views).await;
    assert_eq!(views.notices(&ALL, None, 10).await.unwrap(), []);
    let rows = world.rows(&["notices"]).await;
    assert_eq!(
        rows.iter().map(|(_, rows)| rows.len()).sum::<usize>(),
        5,
        "one notice and its four texts: {rows:?}"
    );
}

async fn the_last_updated_first(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let put_up = |at| notice_published(2, NoticeKind::Lost, at, &[]);
    world.append([(1, put_up(50)), (2, put_up(-60)), (3, put_up(50)), (4, put_up(40))]).await;
    caught_up(&views).await;
    assert_eq!(ids(&views.notices(&ALL, None, 10).await.unwrap()), [3, 1, 4, 2]);
    world.append([(2, notice_updated(51, &[]))]).await;
    caught_up(&views).await;
    assert_eq!(ids(&views.notices(&ALL, None, 10).await.unwrap()), [2, 3, 1, 4]);
}

async fn by_pages(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let put_up = (1..=25_u64).map(|n| (n, notice_published(2, NoticeKind::Lost, (n / 4).cast_signed(), &[])));
    world.append_batch(put_up.collect::<Vec<_>>()).await;
    caught_up(&views).await;
    let whole = ids(&views.notices(&ALL, None, 1_000).await.unwrap());
    assert_eq!(whole.len(), 25);
    for limit in [1, 3, 7] {
        let (mut paged, mut before): (Vec<u64>, Option<NoticePlace>) = (Vec::new(), None);
        loop {
            let page = views.notices(&ALL, before, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.place());
            paged.extend(ids(&page));
        }
        assert_eq!(paged, whole, "{limit}");
    }
}

async fn filters(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    let second = 1_555_921_062_000_000;
    world
        .append([
            (1, notice_published(123, NoticeKind::Lost, second, &[])),
            (2, notice_published(45, NoticeKind::Lost, second + 999_999, &[])),
            (3, notice_published(452, NoticeKind::Lost, second + 1_000_000, &[])),
            (3, notice_updated(second + 2_000_000, &[])),
        ])
        .await;
    caught_up(&views).await;
    let at = |micros| Some(moment(micros));
    for (filter, expected) in [
        (NoticeFilter { id: Some(id(2)), ..ALL }, vec![2]),
        (NoticeFilter { id: Some(id(9)), ..ALL }, vec![]),
        (NoticeFilter { state: Some(0), ..ALL }, vec![2, 1]),
        (NoticeFilter { state: Some(1), ..ALL }, vec![3]),
        (NoticeFilter { state: Some(-7), ..ALL }, vec![]),
        (NoticeFilter { published_at: at(second), ..ALL }, vec![2, 1]),
        (NoticeFilter { occurred_at: at(second), ..ALL }, vec![3, 2]),
        (NoticeFilter { updated_at: at(second + 2_000_000), ..ALL }, vec![3]),
        (NoticeFilter { updated_at: at(second + 1_000_000), ..ALL }, vec![]),
        (NoticeFilter { owner: Some("23".to_owned()), ..ALL }, vec![1]),
        (NoticeFilter { owner: Some("45".to_owned()), ..ALL }, vec![3, 2]),
        (NoticeFilter { owner: Some("45".to_owned()), state: Some(0), ..ALL }, vec![2]),
        (NoticeFilter { owner: Some(String::new()), ..ALL }, vec![3, 2, 1]),
    ] {
        assert_eq!(ids(&views.notices(&filter, None, 10).await.unwrap()), expected, "{filter:?}");
    }
}

async fn wildcards_mean_themselves(place: &Place) {
    let (mut world, _projector, views) = start(place).await;
    world.append([(1, notice_published(123, NoticeKind::Lost, 5, &[]))]).await;
    caught_up(&views).await;
    for wild in ["%", "_", "1_3", "1%3", "!", "!%", "\\", "\\%", "'", "' OR 1=1 --", "[0-9]", "茶"] {
        let filter = NoticeFilter { owner: Some(wild.to_owned()), ..ALL };
        assert_eq!(views.notices(&filter, None, 10).await.unwrap(), [], "{wild}");
    }
}
