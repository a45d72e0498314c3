import Testing

@Suite struct RecommendationTestsPlaceholder {}
