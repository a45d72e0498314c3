import Testing

@Suite struct ClusterFeedTestsPlaceholder {}
