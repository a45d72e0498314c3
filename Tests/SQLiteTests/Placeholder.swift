import Testing

@Suite struct SQLiteTestsPlaceholder {}
