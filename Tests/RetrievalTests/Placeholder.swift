import Testing

@Suite struct RetrievalTestsPlaceholder {}
