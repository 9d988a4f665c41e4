//! Points: their construction, components and distances.

use crate::codes::ARGUMENT;
use crate::engine::Evaluated;
use crate::error::CypherError;
use crate::value::{Map, PointValue, Value};

/// Creates a point from the map that `point()` takes.
pub(super) fn point(map: &Map) -> Evaluated {
    let number = |keys: &[&str]| {
        keys.iter().find_map(|key| match map.get(*key) {
            Some(Value::Integer(number)) => Some(*number as f64),
            Some(Value::Float(number)) => Some(*number),
            _ => None,
        })
    };
    if map.values().any(Value::is_null) {
        return Ok(Value::Null);
    }
    let geographic = map.contains_key("latitude") || map.contains_key("longitude");
    let named = match map.get("crs") {
        Some(Value::String(name)) => Some(name.to_ascii_lowercase().starts_with("wgs")),
        _ => None,
    };
    let geographic = named.unwrap_or(geographic);
    let (x, y, z) = (
        number(&["x", "longitude"]),
        number(&["y", "latitude"]),
        number(&["z", "height"]),
    );
    let (Some(x), Some(y)) = (x, y) else {
        let keys: Vec<_> = map.keys().cloned().collect();
        let message = format!(
            "A point must contain either 'x' and 'y' or 'latitude' and 'longitude' (found {})",
            keys.join(", ")
        );
        return Err(CypherError::run(ARGUMENT, message));
    };
    let srid = match (geographic, z.is_some()) {
        (true, false) => 4326,
        (true, true) => 4979,
        (false, false) => 7203,
        (false, true) => 9157,
    };
    Ok(Value::Point(PointValue { srid, x, y, z }))
}

/// Returns a component of a point.
pub(crate) fn point_property(point: &PointValue, key: &str) -> Value {
    let geographic = matches!(point.srid, 4326 | 4979);
    match key {
        "x" => Value::Float(point.x),
        "y" => Value::Float(point.y),
        "z" => point.z.map_or(Value::Null, Value::Float),
        "longitude" if geographic => Value::Float(point.x),
        "latitude" if geographic => Value::Float(point.y),
        "height" if geographic => point.z.map_or(Value::Null, Value::Float),
        "crs" => Value::from(point.system()),
        "srid" => Value::Integer(point.srid),
        _ => Value::Null,
    }
}

/// Returns the distance of two points, null if their reference systems differ.
pub(super) fn distance(a: PointValue, b: PointValue) -> Value {
    if a.srid != b.srid {
        return Value::Null;
    }
    if !matches!(a.srid, 4326 | 4979) {
        let z = a.z.unwrap_or_default() - b.z.unwrap_or_default();
        return Value::Float(((a.x - b.x).powi(2) + (a.y - b.y).powi(2) + z.powi(2)).sqrt());
    }
    // The haversine formula on the sphere that Neo4j uses.
    let (latitude_a, latitude_b) = (a.y.to_radians(), b.y.to_radians());
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let inner = half(latitude_b - latitude_a)
        + latitude_a.cos() * latitude_b.cos() * half((b.x - a.x).to_radians());
    Value::Float(2.0 * 6_378_140.0 * inner.sqrt().asin())
}
