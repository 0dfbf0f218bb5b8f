//! Sealing personal data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{SealError, Sealer};
use kernel::{AccountId, Sealed, Timestamp};

use crate::house::House;

fn account(number: u64) -> AccountId {
    AccountId::try_from(number).unwrap()
}

async fn sealer(house: &House) -> Sealer {
    Sealer::open(house.stores.vault.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_opens_for_its_account_and_field_alone() {
    let house = House::sqlite().await;
    let sealer = sealer(&house).await;
    for number in [1, 2] {
        sealer.make_key(account(number), Timestamp::default()).await.unwrap();
    }
    for text in ["13800000001", "", "北京市朝阳区建国路 1 号", &"长".repeat(10_000)] {
        let sealed = sealer.seal(account(1), "phone", text).await.unwrap();
        let again = sealer.seal(account(1), "phone", text).await.unwrap();
        assert_ne!(sealed, again, "equal texts must not look equal");
        let opened = sealer.open_sealed(account(1), "phone", &sealed).await.unwrap();
        assert_eq!(opened.as_deref(), Some(text));
        for (number, field) in [(2, "phone"), (1, "name"), (1, "")] {
            let other = sealer.open_sealed(account(number), field, &sealed).await;
            assert!(matches!(other, Err(SealError::Damaged)), "{number} {field}: {other:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_text_does_not_open() {
    let house = House::sqlite().await;
    let sealer = sealer(&house).await;
    sealer.make_key(account(1), Timestamp::default()).await.unwrap();
    let sealed = sealer.seal(account(1), "phone", "13800000001").await.unwrap();
    let bytes = STANDARD.decode(sealed.as_base64()).unwrap();
    let mut damaged: Vec<String> = (0..bytes.len())
        .map(|place| {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            STANDARD.encode(bytes)
        })
        .collect();
    damaged.extend((0..bytes.len()).map(|length| STANDARD.encode(&bytes[..length])));
    damaged.extend(["13800000001".to_owned(), "%%%".to_owned()]);
    for text in damaged {
        let opened = sealer.open_sealed(account(1), "phone", &Sealed::from_base64(text.clone())).await;
        assert!(matches!(opened, Err(SealError::Damaged)), "{text}: {opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_account_is_gone() {
    let house = House::sqlite().await;
    let sealer = sealer(&house).await;
    assert!(matches!(sealer.seal(account(1), "phone", "x").await, Err(SealError::Erased)));
    assert!(sealer.make_key(account(1), Timestamp::default()).await.unwrap());
    assert!(
        !sealer.make_key(account(1), Timestamp::default()).await.unwrap(),
        "a second key would leave everything sealed under the first unreadable"
    );
    let sealed = sealer.seal(account(1), "phone", "x").await.unwrap();
    house.stores.vault.erase_account(account(1)).await.unwrap();
    sealer.forget(account(1));
    assert_eq!(sealer.open_sealed(account(1), "phone", &sealed).await.unwrap(), None);
    assert!(matches!(sealer.seal(account(1), "phone", "x").await, Err(SealError::Erased)));
    // Damaged or not: there is nothing left to open it with.
    let nonsense = Sealed::from_base64("%".to_owned());
    assert_eq!(sealer.open_sealed(account(1), "phone", &nonsense).await.unwrap(), None);
}

/// Another server's erasure counts here soon, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_elsewhere_counts_within_seconds() {
    let house = House::sqlite().await;
    let sealer = sealer(&house).await;
    sealer.make_key(account(1), Timestamp::default()).await.unwrap();
    let sealed = sealer.seal(account(1), "phone", "x").await.unwrap();
    house.stores.vault.erase_account(account(1)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2_050)).await;
    assert_eq!(sealer.open_sealed(account(1), "phone", &sealed).await.unwrap(), None);
}

/// An erasure among many readers: once forgotten, no reader that began before brings the key back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_brings_an_erased_key_back() {
    let house = House::sqlite().await;
    let sealer = sealer(&house).await;
    for number in 1..=40 {
        sealer.make_key(account(number), Timestamp::default()).await.unwrap();
        let sealed = sealer.seal(account(number), "phone", "x").await.unwrap();
        sealer.forget(account(number));
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let (sealer, sealed) = (sealer.clone(), sealed.clone());
                tokio::spawn(async move { sealer.open_sealed(account(number), "phone", &sealed).await })
            })
            .collect();
        house.stores.vault.erase_account(account(number)).await.unwrap();
        sealer.forget(account(number));
        for reader in readers {
            reader.await.unwrap().unwrap();
        }
        assert_eq!(sealer.open_sealed(account(number), "phone", &sealed).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_houses_key_is_one_whoever_comes_first() {
    let mut house = House::sqlite().await;
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let vault = house.stores.vault.clone();
            tokio::spawn(async move { Sealer::open(vault).await.unwrap().identity_hash("phone", "138") })
        })
        .collect();
    let mut hashes = Vec::new();
    for opened in opening {
        hashes.push(opened.await.unwrap());
    }
    house = house.reopened().await;
    let sealer = sealer(&house).await;
    let hash = sealer.identity_hash("phone", "138");
    assert!(hashes.iter().all(|other| *other == hash), "{hashes:?}");
    assert_ne!(hash, sealer.identity_hash("phone", "139"));
    assert_ne!(hash, sealer.identity_hash("openid", "138"));
    assert!(!hash.contains("138") || hash.len() == 64);
    let elsewhere = self::sealer(&House::sqlite().await).await;
    assert_ne!(hash, elsewhere.identity_hash("phone", "138"), "another house, another key");
}
