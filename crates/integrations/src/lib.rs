//! integrations.
