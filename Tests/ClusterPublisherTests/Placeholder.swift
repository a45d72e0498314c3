import Testing

@Suite struct ClusterPublisherTestsPlaceholder {}
