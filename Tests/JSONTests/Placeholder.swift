import Testing

@Suite struct JSONTestsPlaceholder {}
