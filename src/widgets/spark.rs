//! Numbers over time in one line.

/// Seven levels: the full block is left out, so that the bars of neighbouring rows do not touch.
const BARS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/// Renders one bar for each number; the largest has the highest bar.
pub fn sparkline(values: &[u64]) -> String {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let bar = |value: u64| {
        let height = (value * 6).div_ceil(most);
        BARS.get(usize::try_from(height).unwrap_or(6))
            .copied()
            .unwrap_or('▇')
    };
    values.iter().map(|value| bar(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn bars_scale_to_the_largest_value_and_never_fill_the_line() {
        assert_eq!(sparkline(&[0, 1, 4, 8]), "▁▂▄▇");
        assert_eq!(sparkline(&[0, 0]), "▁▁");
        assert_eq!(sparkline(&[]), "");
    }
}
