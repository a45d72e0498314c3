import Testing

@Suite struct CSVTestsPlaceholder {}
