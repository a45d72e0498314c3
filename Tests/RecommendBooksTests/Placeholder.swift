import Testing

@Suite struct RecommendBooksTestsPlaceholder {}
