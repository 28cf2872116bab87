// halftone as a library, the way its users write it: nothing but the public header.
#include <halftone/halftone.h>

#include "data/vectors.h"
#include "support/net_builder.h"
#include "support/temporary_folder.h"

using namespace halftone;

TEST(Library, QuantizesAFileWithPicturesAndWritesIt) {
  const test::TemporaryFolder folder;
  write_onnx(test::residual_network(), folder / "net.onnx");

  Graph graph = read_onnx(folder / "net.onnx");
  const Graph before = graph;
  const Dataset photos = open_pictures(test::kVectors / "pictures", {.samples = 2, .height = 8, .width = 8, .mean = {127}, .std = {128}});
  const QuantizeReport report = quantize(graph, photos, {.signed_activations = true});
  write_onnx(graph, folder / "net.int8.onnx");

  EXPECT_EQ(report.quantized_layers, report.layers);
  Graph again = read_onnx(folder / "net.int8.onnx");
  absorb_qdq(again);
  const Figures figures = evaluate(again, before, photos);
  EXPECT_EQ(figures.outputs.at(0).sqnr_db, report.figures->outputs.at(0).sqnr_db);
  EXPECT_EQ(figures.outputs.at(0).kl, report.figures->outputs.at(0).kl);
}

TEST(Library, RefusesWhatItCannotDoInASentence) {
  Graph graph = test::residual_network();
  EXPECT_THROW(open_pictures("no such folder"), Error);
  EXPECT_THROW(quantize(graph, open_pictures(test::kVectors / "pictures"), {.weight_bits = 1}), UsageError);
}
