// Prometheus' text exposition format: families of samples with labels.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rowplan::cmd {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// Families come out in the order in which they were begun, each with its samples.
class Metrics {
 public:
  /// `common`: labels of every sample. Label values may be any bytes.
  explicit Metrics(MetricLabels common) : common_(std::move(common)) {}

  /// Begins a family; samples go to the last one begun. All are gauges.
  void family(std::string_view name, std::string_view help);
  void sample(const MetricLabels& labels, std::int64_t value);
  void sample(const MetricLabels& labels, std::uint64_t value);
  void sample(const MetricLabels& labels, std::chrono::system_clock::duration value);  ///< seconds
  void sample(const MetricLabels& labels, std::chrono::system_clock::time_point at);

  /// Families without a sample are left out.
  [[nodiscard]] std::string text() const;

 private:
  void add(const MetricLabels& labels, const std::string& value);

  struct Family {
    std::string head;
    std::string name;
    std::string samples;
  };
  MetricLabels common_;
  std::vector<Family> families_;
};

}  // namespace rowplan::cmd
