// halftone as a library: read a float network, quantize it with samples, write it.
//
//     halftone::Graph graph = halftone::read_onnx("mobilenet.onnx");
//     halftone::Dataset photos = halftone::open_pictures("photos/", {.height = 224, .width = 224, .mean = {127}, .std = {128}});
//     halftone::QuantizeReport report = halftone::quantize(graph, photos);
//     halftone::write_onnx(graph, "mobilenet.int8.onnx");
//
// Everything throws halftone::Error with one sentence for a user (UsageError: a wrong option). Nothing is printed, no
// environment is read; a Job takes threads, progress and cancel. The same input gives the same bytes with any number of
// threads. Link the CMake target `halftone-core`.
#pragma once

#include <filesystem>

#include "base/error.h"           // Error, UsageError, Cancelled
#include "base/job.h"             // Job, Progress, hardware_threads
#include "data/dataset.h"         // DataOptions
#include "evaluation/evaluate.h"  // Figures
#include "formats/onnx/onnx.h"    // read_onnx, write_onnx
#include "graph/graph.h"          // Graph
#include "passes/pass.h"          // QuantizeOptions
#include "pipeline/quantize.h"    // QuantizeReport

namespace halftone {

// Where samples lie and how they become a network's input. The files are opened, and checked against the network's
// inputs, when a network takes them.
struct Dataset {
  std::filesystem::path path;
  DataOptions options;
};

// A folder of JPEG and PNG pictures; height and width default to the network's own.
Dataset open_pictures(const std::filesystem::path& folder, DataOptions options = {});
// An .npy, an .npz, a folder of .npy named like the inputs, or a folder of .npz feeds.
Dataset open_arrays(const std::filesystem::path& path, DataOptions options = {});

// Quantizes the float graph in place with the samples as calibration data. The report's figures are those of the graph
// as it will be written, simulated, against the float graph on the same samples.
QuantizeReport quantize(Graph& graph, const Dataset& samples, const QuantizeOptions& options = {}, const Job& job = {.threads = hardware_threads()});

// The graph's distance from `reference` on the samples: simulated where it carries grids.
Figures evaluate(const Graph& graph, const Graph& reference, const Dataset& samples, const Job& job = {.threads = hardware_threads()});

}  // namespace halftone
