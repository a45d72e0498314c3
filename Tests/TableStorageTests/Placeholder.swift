import Testing

@Suite struct TableStorageTestsPlaceholder {}
