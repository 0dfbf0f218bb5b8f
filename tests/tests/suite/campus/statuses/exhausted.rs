//! Ids that are all taken: the product's own server in this process, whose draws always give the first number of their range.

use std::net::Ipv4Addr;
use std::sync::Arc;

use api::{AppState, AuditDesk, HttpConfig};
use audit::Archive;
use engine::EngineConfig;
use projections::Projector;
use serde_json::json;
use tests::{Client, Place};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::tables::Provoked;
use super::world::{PROPERTY, World, notice, on};
use crate::campus::desk::Person;
use crate::campus::market::{PRODUCT, SHOP};
use crate::catalogue::{House, location};
use crate::stage::{Tested, name};

/// The second of each kind draws only what the first has taken.
pub(super) async fn provoke_exhausted(place: &Place, world: &World, provoked: &mut Provoked) -> Tested {
    let house = Unlucky::open(place).await;
    let (owner, other) = (house.person(&world.me), house.person(&world.other));
    for status in [0, -200] {
        provoked.expect(status, "property add", &on(&owner, PROPERTY, "property add", notice()).await?);
        let shop = json!({"shop_name": name(), "user_id": other.user_id});
        provoked.expect(status, "shop creat", &on(&other, SHOP, "shop creat", shop).await?);
        let product =
            json!({"product_name": "茶", "product_price": 1, "shop_id": world.shop, "product_status": 1});
        provoked.expect(status, "product creat", &on(&owner, PRODUCT, "product creat", product).await?);
    }
    house.close().await;
    Ok(())
}

/// A server without luck, and what it stands on.
struct Unlucky {
    address: String,
    house: House,
    projector: Projector,
    archive: Archive,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Unlucky {
    async fn open(place: &Place) -> Self {
        let config = EngineConfig {
            draw: |range| (!range.is_empty()).then_some(range.start),
            ..EngineConfig::default()
        };
        let house = House::with(place, config).await;
        let House { stores, engine, commerce } = &house;
        let feed = Arc::clone(engine.feed());
        let projector = Projector::start(stores.views.clone(), Arc::clone(&stores.log), Arc::clone(&feed));
        let archive = Archive::open(&location(place), feed, stores.log.is_shared()).await.unwrap();
        let desk = AuditDesk::new(archive.clone(), Some(projector.rebuilder()), CancellationToken::new());
        let router = api::router(AppState {
            commerce: commerce.clone(),
            views: projector.views(),
            desk,
            config: HttpConfig::default(),
            metrics: Arc::new(String::new),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, house, projector, archive, serving }
    }

    /// Somebody who was logged in before.
    fn person(&self, person: &Person) -> Person {
        Person {
            client: Client::new(&self.address),
            token: person.token.clone(),
            phone: person.phone.clone(),
            ..*person
        }
    }

    async fn close(self) {
        self.serving.abort();
        self.projector.stop().await;
        self.archive.close().await;
        self.house.close().await;
    }
}
