// How a model's file may be broken, and what a user reads then: one sentence that says what, where, the numbers and what to do.
#include <limits>
#include <regex>

#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/malformed.h"

namespace halftone::test {
namespace {

using namespace malformed;

struct Malformed {
  const char* how;
  Bytes file;  // makes its bytes; may write other files into the folder that it gets
  const char* message;                                       // after "halftone: "
  const char* data = "x.npy";
};

const Malformed kMalformed[] = {
    // The file.
    {"a missing file", [](const fs::path& folder) { fs::create_directory(folder / "bad.onnx"); return std::string(); }, "models/bad.onnx: is a directory; give a file"},
    {"an empty file", bytes([](const std::string&) { return ""; }), "models/bad.onnx: is empty (0 bytes); give an ONNX model"},
    {"text", bytes([](const std::string&) { return "This is no network.\n"; }), "models/bad.onnx: is not an ONNX model, or it is damaged or truncated (20 bytes)"},
    {"cut in the middle", bytes([](const std::string& whole) { return whole.substr(0, whole.size() / 2); }), "models/bad.onnx: is not an ONNX model, or it is damaged or truncated (845 bytes)"},
    {"cut before the opset", net([](Model& m) { m.clear_opset_import(); }), "models/bad.onnx: states no opset, which files of IR version 8 must; it may be damaged or truncated"},
    {"no graph", net([](Model& m) { m.clear_graph(); }), "models/bad.onnx: is not an ONNX model: it holds no graph"},
    {"a graph without outputs", net([](Model& m) { m.mutable_graph()->clear_output(); }), "models/bad.onnx: the graph has no outputs; is it an ONNX model?"},
    {"ten thousand bodies within each other", [](const fs::path&) { return nested_bodies(10'000); }, "models/bad.onnx: bodies or types stand within each other 30003 messages deep; at most 100 can be read"},
    {"twenty bodies within each other", [](const fs::path&) { return nested_bodies(20); }, "models/bad.onnx: bodies stand within each other more than 16 deep, which is not supported"},

    // Opsets and operators.
    {"an opset of the future", net([](Model& m) { m.mutable_opset_import(0)->set_version(99); }), "models/bad.onnx: is of opset 99, but halftone knows opsets up to 28; convert the model to opset 28"},
    {"opset 0", net([](Model& m) { m.mutable_opset_import(0)->set_version(0); }), "models/bad.onnx: states opset 0 of ONNX, which cannot be; the file may be damaged"},
    {"two opsets", net([](Model& m) { m.add_opset_import()->set_version(14); }), "models/bad.onnx: states two opsets of ONNX, 13 and 14"},
    {"an operator older than we know", net([](Model& m) { node(m, "relu1").set_op_type("Add"); node(m, "relu1").add_input("conv1_out"); m.mutable_opset_import(0)->set_version(6); }), "models/bad.onnx: 2 of its nodes have operators that are not supported: Add (opset 6) at 'relu1'; Gemm (opset 6) at 'fc'"},
    {"an unknown domain", net([](Model& m) { node(m, "relu1").set_domain("com.example"); }), "models/bad.onnx: 1 of its nodes has an operator that is not supported: com.example.Relu (of no opset that the file states) at 'relu1'"},
    {"an unknown operator", net([](Model& m) { node(m, "relu1").set_op_type("TfIdfVectorizer"); }), "models/bad.onnx: 1 of its nodes has an operator that is not supported: TfIdfVectorizer (opset 13) at 'relu1'"},

    // Names.
    {"two initializers of one name", net([](Model& m) { initializer(m, "conv2.weight").set_name("conv1.weight"); }), "models/bad.onnx: 'conv1.weight' is defined more than once (an initializer, an initializer); a name stands for one value"},
    {"an initializer without a name", net([](Model& m) { initializer(m, "conv2.weight").clear_name(); }), "models/bad.onnx: an initializer has no name"},
    {"two nodes that make one value", net([](Model& m) { node(m, "conv2").set_output(0, "relu1_out"); }), "models/bad.onnx: 'relu1_out' is defined more than once (the output of Relu 'relu1', the output of Conv 'conv2'); a name stands for one value"},
    {"an input twice", net([](Model& m) { *m.mutable_graph()->add_input() = m.graph().input(0); }), "models/bad.onnx: 'x' is defined more than once (an input, an input); a name stands for one value"},
    {"an input that a node makes", net([](Model& m) { node(m, "relu1").set_output(0, "x"); }), "models/bad.onnx: 'x' is defined more than once (an input, the output of Relu 'relu1'); a name stands for one value"},
    {"an output nobody makes", net([](Model& m) { m.mutable_graph()->mutable_output(0)->set_name("z"); }), "models/bad.onnx: the output 'z' is made by no node, and is no input and no initializer"},
    {"a name nobody makes", net([](Model& m) { node(m, "conv2").set_input(0, "z"); }), "models/bad.onnx: Conv 'conv2' reads 'z', which nothing makes: it is no input, no initializer and no node's output"},
    {"a cycle", net([](Model& m) { node(m, "conv2").set_input(0, "flat_out"); }), "models/bad.onnx: the graph has a cycle: Conv 'conv2' waits for its own output"},

    // Types.
    {"floats times int64", one("MatMul", {ones({8, 2}, DataType::int64)}), "models/bad.onnx: MatMul 'n': input 1 is int64; it takes floats; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [8, 2])"},
    {"floats plus int64", one("Add", {ones({8}, DataType::int64)}), "models/bad.onnx: Add 'n': its inputs are float32 and int64; they must be of one type; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [8])"},
    {"an output declared as another type", net([](Model& m) { m.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT64); }), "models/bad.onnx: 'y' is declared as int64, but Gemm 'fc' makes it float32; the file contradicts itself"},
    {"an input of strings", net([](Model& m) { m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::STRING); }), "models/bad.onnx: input 'x': its element type (STRING) is not supported; floats, integers and booleans are"},
    {"an input that is a sequence", net([](Model& m) { m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_sequence_type(); }), "models/bad.onnx: input 'x': is no tensor, which is not supported"},
    {"an input with a negative dimension", net([](Model& m) { m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(2)->set_dim_value(-8); }), "models/bad.onnx: input 'x': dimension -8 is negative"},

    // Initializers.
    {"an initializer of complex numbers", net([](Model& m) { initializer(m, "fc.bias").set_data_type(onnx::TensorProto::COMPLEX64); }), "models/bad.onnx: initializer 'fc.bias': its element type (COMPLEX64) is not supported; floats, integers and booleans are"},
    {"an initializer of an unknown type", net([](Model& m) { initializer(m, "fc.bias").set_data_type(77); }), "models/bad.onnx: initializer 'fc.bias': its element type (number 77) is not supported; floats, integers and booleans are"},
    {"a negative dimension", net([](Model& m) { initializer(m, "fc.bias").set_dims(0, -5); }), "models/bad.onnx: initializer 'fc.bias': its dimension -5 is negative"},
    {"dimensions whose product is beyond 64 bits", net([](Model& m) { for (int i = 0; i < 4; ++i) initializer(m, "conv1.weight").set_dims(i, std::int64_t{1} << 40); }), "models/bad.onnx: initializer 'conv1.weight': a tensor of shape [1099511627776, 1099511627776, 1099511627776, 1099511627776] is too large"},
    {"a million million numbers", net([](Model& m) { initializer(m, "fc.bias").set_dims(0, 1'000'000'000'000); }), "models/bad.onnx: initializer 'fc.bias': float32 of shape [1000000000000] takes 4000000000000 bytes, but the file holds 20; it is damaged or was written wrongly"},
    {"too few raw bytes", net([](Model& m) { initializer(m, "fc.bias").set_raw_data(std::string(19, '\0')); }), "models/bad.onnx: initializer 'fc.bias': float32 of shape [5] takes 20 bytes, but the file holds 19; it is damaged or was written wrongly"},
    {"too many raw bytes", net([](Model& m) { initializer(m, "fc.bias").set_raw_data(std::string(24, '\0')); }), "models/bad.onnx: initializer 'fc.bias': float32 of shape [5] takes 20 bytes, but the file holds 24; it is damaged or was written wrongly"},
    {"too few floats", net([](Model& m) { initializer(m, "fc.bias").clear_raw_data(); initializer(m, "fc.bias").add_float_data(1); }), "models/bad.onnx: initializer 'fc.bias': shape [5] takes 5 values, but the file holds 1; it is damaged or was written wrongly"},
    {"int4 with too few bytes", net([](Model& m) { initializer(m, "fc.bias").set_data_type(onnx::TensorProto::INT4); initializer(m, "fc.bias").set_raw_data(std::string(2, '\0')); }), "models/bad.onnx: initializer 'fc.bias': int4 of shape [5] takes 3 bytes, but the file holds 2; it is damaged or was written wrongly"},
    {"int4 with too few pairs", net([](Model& m) { initializer(m, "fc.bias").set_data_type(onnx::TensorProto::INT4); initializer(m, "fc.bias").clear_raw_data(); initializer(m, "fc.bias").add_int32_data(1); }), "models/bad.onnx: initializer 'fc.bias': shape [5] takes 5 values of 4 bits, 3 bytes, but the file holds 1; it is damaged or was written wrongly"},
    {"a sparse initializer", net([](Model& m) { m.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("thin"); }), "models/bad.onnx: 'thin' is a sparse initializer, which is not supported; store it dense"},

    // Data in other files.
    {"data in a missing file", net([](Model& m) { external(m, "weights.bin"); }), "models/bad.onnx: initializer 'fc.weight': its data file 'models/weights.bin' is missing; it must lie beside the model"},
    {"data without a place", net([](Model& m) { external(m, ""); }), "models/bad.onnx: initializer 'fc.weight': its data lie in another file, but the model does not say which (no location)"},
    {"data in a file that is too short", with_files([](Model& m, const fs::path& folder) { external(m, "weights.bin", "0", "80"); write_zeros(folder / "weights.bin", 79); }), "models/bad.onnx: initializer 'fc.weight': its data are bytes 0 to 80 of 'weights.bin', but that file has 79 bytes; it is damaged, truncated or of another model"},
    {"data beyond the end", with_files([](Model& m, const fs::path& folder) { external(m, "weights.bin", "9223372036854775800"); write_zeros(folder / "weights.bin", 80); }), "models/bad.onnx: initializer 'fc.weight': its data are bytes 9223372036854775800 to 9223372036854775880 of 'weights.bin', but that file has 80 bytes; it is damaged, truncated or of another model"},
    {"data of another length", with_files([](Model& m, const fs::path& folder) { external(m, "weights.bin", "0", "76"); write_zeros(folder / "weights.bin", 80); }), "models/bad.onnx: initializer 'fc.weight': it takes 80 bytes, but its data in 'weights.bin' are 76 bytes long"},
    {"data above the folder", net([](Model& m) { external(m, "../../etc/passwd"); }), "models/bad.onnx: initializer 'fc.weight': its data lie in '../../etc/passwd', outside the model's folder; only files of that folder are read, so save the model with its data beside it"},
    {"data at an absolute place", net([](Model& m) { external(m, "/etc/passwd"); }), "models/bad.onnx: initializer 'fc.weight': its data lie in '/etc/passwd', outside the model's folder; only files of that folder are read, so save the model with its data beside it"},
    {"data behind a link out of the folder", with_files([](Model& m, const fs::path& folder) { external(m, "link"); fs::create_symlink("/etc/passwd", folder / "link"); }), "models/bad.onnx: initializer 'fc.weight': its data file 'models/link' is a link to '/etc/passwd', outside the model's folder; put the file itself there"},
    {"data behind a link to a folder above", with_files([](Model& m, const fs::path& folder) { external(m, "up/passwd"); fs::create_directory_symlink("/etc", folder / "up"); }), "models/bad.onnx: initializer 'fc.weight': its data file 'models/up/passwd' is a link to '/etc/passwd', outside the model's folder; put the file itself there"},
    {"data in a folder", with_files([](Model& m, const fs::path& folder) { external(m, "inner"); fs::create_directory(folder / "inner"); }), "models/bad.onnx: initializer 'fc.weight': its data file 'models/inner' is no regular file"},
    {"an offset that is no number", with_files([](Model& m, const fs::path& folder) { external(m, "weights.bin", "0x10"); write_zeros(folder / "weights.bin", 80); }), "models/bad.onnx: initializer 'fc.weight': the offset of its data, '0x10', is no number of bytes; save the model again"},
    {"a negative offset", with_files([](Model& m, const fs::path& folder) { external(m, "weights.bin", "-4"); write_zeros(folder / "weights.bin", 80); }), "models/bad.onnx: initializer 'fc.weight': the offset of its data, -4, is negative; save the model again"},
    {"a negative length", with_files([](Model& m, const fs::path& folder) { external(m, "weights.bin", "0", "-80"); write_zeros(folder / "weights.bin", 80); }), "models/bad.onnx: initializer 'fc.weight': the length of its data, -80, is negative; save the model again"},

    // Attributes.
    {"an integer where a list should be", net([](Model& m) { node(m, "conv1").clear_attribute(); set(node(m, "conv1"), "pads", 1); }), "models/bad.onnx: Conv 'conv1': its attribute 'pads' is of type INT; a list of integers is needed"},
    {"a list where an integer should be", one("Softmax", {}, [](Node& n) { set(n, "axis", Ints{1}); }), "models/bad.onnx: Softmax 'n': its attribute 'axis' is of type INTS; an integer is needed"},
    {"a Concat without an axis", one("Concat", {ones({2, 3, 8, 8})}), "models/bad.onnx: Concat 'n': its axis is missing; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [2, 3, 8, 8])"},
    {"a Cast without a type", one("Cast"), "models/bad.onnx: Cast 'n': its attribute 'to' is missing, the type to cast to"},
    {"a Cast to an unknown type", one("Cast", {}, [](Node& n) { set(n, "to", 77); }), "models/bad.onnx: Cast 'n': element type 77 is not supported"},
    {"a Constant without a value", one("Add", {}, [](Node& n) { n.set_op_type("Constant"); n.clear_input(); }), "models/bad.onnx: Constant 'n': it holds no number (sparse tensors and strings are not supported)"},
    {"an If without a branch", net([](Model& m) { add_if(m).mutable_attribute()->RemoveLast(); }), "models/bad.onnx: If 'if': its body 'else_branch' is missing"},

    // Shapes.
    {"Concat along an axis that is not there", one("Concat", {ones({2, 3, 8, 8})}, [](Node& n) { set(n, "axis", 4); }), "models/bad.onnx: Concat 'n': axis 4 is out of range for rank 4; -4 to 3 are possible; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [2, 3, 8, 8])"},
    {"Concat of shapes that do not join", one("Concat", {ones({2, 3, 8, 7})}, [](Node& n) { set(n, "axis", 1); }), "models/bad.onnx: Concat 'n': input 1 [2, 3, 8, 7] does not join [1, 3, 8, 8] along axis 1; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [2, 3, 8, 7])"},
    {"Softmax along an axis that is not there", one("Softmax", {}, [](Node& n) { set(n, "axis", -5); }), "models/bad.onnx: Softmax 'n': axis -5 is out of range for rank 4; -4 to 3 are possible; its input is 'x' (float32 [1, 3, 8, 8])"},
    {"Gather along an axis that is not there", one("Gather", {ints({0})}, [](Node& n) { set(n, "axis", 4); }), "models/bad.onnx: Gather 'n': axis 4 is out of range for rank 4; -4 to 3 are possible; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [1])"},
    {"Gather beyond the end", one("Gather", {ints({8})}, [](Node& n) { set(n, "axis", 3); }), "models/bad.onnx: Gather 'n': index 8 is beyond an axis of 8"},
    {"Transpose with an axis twice", one("Transpose", {}, [](Node& n) { set(n, "perm", Ints{0, 1, 1, 3}); }), "models/bad.onnx: Transpose 'n': perm [0, 1, 1, 3] is no permutation of 4 axes; its input is 'x' (float32 [1, 3, 8, 8])"},
    {"Transpose of another rank", one("Transpose", {}, [](Node& n) { set(n, "perm", Ints{0, 2, 1}); }), "models/bad.onnx: Transpose 'n': perm [0, 2, 1] is no permutation of 4 axes; its input is 'x' (float32 [1, 3, 8, 8])"},
    {"Flatten at an axis that is not there", one("Flatten", {}, [](Node& n) { set(n, "axis", 5); }), "models/bad.onnx: Flatten 'n': axis 5 is out of range for rank 4; -4 to 4 are possible; its input is 'x' (float32 [1, 3, 8, 8])"},
    {"Squeeze of an axis that is not there", one("Squeeze", {ints({4})}), "models/bad.onnx: Squeeze 'n': axis 4 is out of range for rank 4; -4 to 3 are possible; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [1])"},
    {"Squeeze of an axis of size 3", one("Squeeze", {ints({1})}), "models/bad.onnx: Squeeze 'n': axis 1 of [1, 3, 8, 8] has size 3; only axes of size 1 can go; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [1])"},
    {"Unsqueeze of an axis that is not there", one("Unsqueeze", {ints({7})}), "models/bad.onnx: Unsqueeze 'n': axis 7 is out of range for rank 5; -5 to 4 are possible; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [1])"},
    {"ReduceSum along an axis that is not there", one("ReduceSum", {ints({4})}), "models/bad.onnx: ReduceSum 'n': axis 4 is out of range for rank 4; -4 to 3 are possible; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [1])"},
    {"Split into sizes that do not sum up", one("Split", {ints({1, 1})}, [](Node& n) { set(n, "axis", 1); n.add_output("z"); }), "models/bad.onnx: Split 'n': pieces of [1, 1] do not make 3; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [2])"},
    {"Reshape with two open sizes", one("Reshape", {ints({-1, -1})}), "models/bad.onnx: Reshape 'n': shape [-1, -1] leaves two sizes open (-1), but only one follows from the rest; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [2])"},
    {"Reshape to another number of elements", one("Reshape", {ints({2, 100})}), "models/bad.onnx: Reshape 'n': [1, 3, 8, 8] has 192 elements and cannot be reshaped to [2, 100]; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [2])"},
    {"Expand to a size that does not broadcast", one("Expand", {ints({2, 3, 8, 7})}), "models/bad.onnx: Expand 'n': shapes [1, 3, 8, 8] and [2, 3, 8, 7] do not broadcast; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [4])"},
    {"Expand beyond all memory", one("Expand", {ints({1'000'000, 1, 1'000'000, 1, 1, 1, 1})}), "models/bad.onnx: its values of one batch take 768.0 TB, but this machine has MEMORY of memory"},
    {"ConstantOfShape beyond all memory", one("Add", {ints({1'000'000, 1'000'000})}, [](Node& n) { n.set_op_type("ConstantOfShape"); n.mutable_input()->DeleteSubrange(0, 1); }), "models/bad.onnx: ConstantOfShape 'n': a tensor of 4.0 TB does not fit into this machine's MEMORY of memory; its input is 'a' (int64 [2])"},
    {"Tile beyond 64 bits", one("Tile", {ints({1, std::int64_t{1} << 62, 4, 4})}), "models/bad.onnx: Tile 'n': 4611686018427387904 repeats are not possible; 0 to 2147483648 are; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (int64 [4])"},
    {"MatMul of sizes that do not fit", one("MatMul", {ones({7, 2})}), "models/bad.onnx: MatMul 'n': [1, 3, 8, 8] and [7, 2] do not multiply; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [7, 2])"},
    {"Gemm of sizes that do not fit", net([](Model& m) { initializer(m, "fc.weight").set_dims(0, 10); initializer(m, "fc.weight").set_dims(1, 2); }), "models/bad.onnx: Gemm 'fc': [1, 4] and [10, 2] do not multiply: 4 against 2; its inputs are 'flat_out' (float32 [1, 4]), 'fc.weight' (float32 [10, 2]), 'fc.bias' (float32 [5])"},
    {"Conv with groups that do not divide", one("Conv", {ones({4, 1, 3, 3})}, [](Node& n) { set(n, "group", 3); }), "models/bad.onnx: Conv 'n': its 4 output channels do not divide into 3 groups; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 1, 3, 3])"},
    {"Conv with groups that do not fit", one("Conv", {ones({4, 3, 3, 3})}, [](Node& n) { set(n, "group", 2); }), "models/bad.onnx: Conv 'n': its input [1, 3, 8, 8] has 3 channels, but its weight [4, 3, 3, 3] takes 3 in each of 2 groups; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 3, 3])"},
    {"Conv with 0 groups", one("Conv", {ones({4, 3, 3, 3})}, [](Node& n) { set(n, "group", 0); }), "models/bad.onnx: Conv 'n': its 4 output channels do not divide into 0 groups; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 3, 3])"},
    {"Conv with a weight of another rank", one("Conv", {ones({4, 3, 3})}), "models/bad.onnx: Conv 'n': its weight [4, 3, 3] has rank 3, but the input [1, 3, 8, 8] has rank 4; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 3])"},
    {"Conv with a bias of another size", one("Conv", {ones({4, 3, 3, 3}), ones({3})}), "models/bad.onnx: Conv 'n': its bias is [3]; [4] is needed, one number an output channel; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 3, 3]), 'b' (float32 [3])"},
    {"Conv with a kernel that is larger than the padded input", one("Conv", {ones({4, 3, 11, 3})}, [](Node& n) { set(n, "pads", Ints{1, 1, 1, 1}); }), "models/bad.onnx: Conv 'n': the kernel covers 11 positions of axis 2, but with its pads the input has 10; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 11, 3])"},
    {"Conv with stride 0", one("Conv", {ones({4, 3, 3, 3})}, [](Node& n) { set(n, "strides", Ints{1, 0}); }), "models/bad.onnx: Conv 'n': strides holds 0; 1 to 2147483648 are possible; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 3, 3])"},
    {"Conv with two pads", one("Conv", {ones({4, 3, 3, 3})}, [](Node& n) { set(n, "pads", Ints{1, 1}); }), "models/bad.onnx: Conv 'n': pads has 2 numbers; 4 are needed; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [4, 3, 3, 3])"},
    {"Conv with one input", one("Conv"), "models/bad.onnx: Conv 'n': input 1 is missing; it takes 2 to 3; its input is 'x' (float32 [1, 3, 8, 8])"},
    {"MaxPool without a kernel", one("MaxPool"), "models/bad.onnx: MaxPool 'n': kernel_shape is missing; its input is 'x' (float32 [1, 3, 8, 8])"},
    {"BatchNormalization of other channels", one("BatchNormalization", {ones({3}), ones({3}), ones({4}), ones({3})}), "models/bad.onnx: BatchNormalization 'n': input 3 is [4]; [3] is needed, one number a channel; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 [3]), 'b' (float32 [3]), 'c' (float32 [4]), 'd' (float32 [3])"},
    {"DequantizeLinear with an infinite scale", one("Add", {ones({4}, DataType::int8), Tensor::scalar(std::numeric_limits<float>::infinity())}, [](Node& n) { n.set_op_type("DequantizeLinear"); n.mutable_input()->DeleteSubrange(0, 1); }), "models/bad.onnx: DequantizeLinear 'n': its scale inf at position 0 is not finite; its inputs are 'a' (int8 [4]), 'b' (float32 [])"},
    {"QuantizeLinear with scale 0", one("QuantizeLinear", {Tensor::scalar(0.0f), ones({}, DataType::uint8)}), "models/bad.onnx: QuantizeLinear 'n': its scale 0 at position 0 is not positive and finite; its inputs are 'x' (float32 [1, 3, 8, 8]), 'a' (float32 []), 'b' (uint8 [])"},
    {"DequantizeLinear with a zero point of another type", one("Add", {ones({4}, DataType::int8), ones({}), ones({}, DataType::uint8)}, [](Node& n) { n.set_op_type("DequantizeLinear"); n.mutable_input()->DeleteSubrange(0, 1); }), "models/bad.onnx: DequantizeLinear 'n': its codes are int8, its zero point is uint8; its inputs are 'a' (int8 [4]), 'b' (float32 []), 'c' (uint8 [])"},
    {"DequantizeLinear with scales of another number", one("Add", {ones({4, 2}, DataType::int8), ones({3}), ones({3}, DataType::int8)}, [](Node& n) { n.set_op_type("DequantizeLinear"); n.mutable_input()->DeleteSubrange(0, 1); set(n, "axis", 0); }), "models/bad.onnx: DequantizeLinear 'n': its scale is [3], but axis 0 of [4, 2] has 4 channels; its inputs are 'a' (int8 [4, 2]), 'b' (float32 [3]), 'c' (int8 [3])"},
    {"more outputs than the operator has", one("Relu", {}, [](Node& n) { n.add_output("z"); }), "models/bad.onnx: Relu 'n': it has 2 outputs; at most 1 are supported; its input is 'x' (float32 [1, 3, 8, 8])"},

    // Bodies.
    {"a body that reads a name nobody makes", net([](Model& m) { add_if(m).mutable_attribute(0)->mutable_g()->mutable_node(0)->set_input(0, "z"); }), "models/bad.onnx: If 'if': then_branch: Relu 'inner' reads 'z', which nothing makes: it is no input, no initializer and no node's output"},
    {"a branch with another number of outputs", net([](Model& m) { add_if(m).mutable_attribute(1)->mutable_g()->add_output()->set_name("else_branch_out"); }), "models/bad.onnx: If 'if': its else_branch has 2 outputs, but the node has 1"},
    {"an If with more outputs than its branches", net([](Model& m) { add_if(m).add_output("more"); }), "models/bad.onnx: If 'if': its then_branch has 1 output, but the node has 2"},
    {"a Loop whose body has too few outputs", net([](Model& m) {
       Node& loop = add_if(m);
       loop.set_op_type("Loop");
       loop.clear_input();
       for (const char* input : {"", "condition", "conv1_out"}) loop.add_input(input);
       loop.mutable_attribute()->RemoveLast();
       loop.mutable_attribute(0)->set_name("body");
     }), "models/bad.onnx: Loop 'if': its body has 0 inputs; 3 are needed: the iteration, the condition and 1 state"},
    {"a condition that is no boolean", net([](Model& m) { add_if(m).set_input(0, "fc.bias"); }), "models/bad.onnx: If 'if': its condition is float32 [5]; one boolean is needed; its inputs are 'fc.bias' (float32 [5]), 'conv1_out' (float32 [1, 4, 8, 8])"},

    // Functions.
    {"a function that calls itself", net([](Model& m) { add_function(m, "f", "f"); call_function(m, "f"); }), "models/bad.onnx: the function 'local.f' calls itself (local.f -> local.f), which has no end; it cannot be read"},
    {"functions that call each other in a ring", net([](Model& m) { add_function(m, "f", "g"); add_function(m, "g", "f"); call_function(m, "f"); }), "models/bad.onnx: the function 'local.f' calls itself (local.f -> local.g -> local.f), which has no end; it cannot be read"},
    {"a function twice", net([](Model& m) { add_function(m, "f", "Relu"); add_function(m, "f", "Relu"); call_function(m, "f"); }), "models/bad.onnx: the function 'local.f' is defined twice"},
    {"a function that is not there", net([](Model& m) { add_function(m, "f", "Relu"); call_function(m, "g"); }), "models/bad.onnx: 1 of its nodes has an operator that is not supported: local.g (opset 1) at 'relu1'"},
    {"a function called with too many inputs", net([](Model& m) { add_function(m, "f", "Relu"); call_function(m, "f"); node(m, "relu1").add_input("x"); }), "models/bad.onnx: f 'relu1' has 2 inputs and 1 output, but the function 'local.f' has 1 and 1"},
    {"a function that reads what it does not have", net([](Model& m) { add_function(m, "f", "Relu").mutable_node(0)->set_input(0, "x"); call_function(m, "f"); }), "models/bad.onnx: f 'relu1': in the function 'f' Relu 'inner' reads 'x', which nothing in the function makes: it is no input and no node's output"},
    {"a function whose output nobody makes", net([](Model& m) { add_function(m, "f", "Relu").set_output(0, "z"); call_function(m, "f"); }), "models/bad.onnx: the output 'z' of the function 'f' is made by no node of it"},
    {"functions that double sixty times", net([](Model& m) {
       add_function(m, "f0", "Relu");
       for (int i = 1; i < 60; ++i) {
         const std::string inner = "f" + std::to_string(i - 1);
         onnx::FunctionProto& function = add_function(m, ("f" + std::to_string(i)).c_str(), inner.c_str());
         function.mutable_node(0)->set_output(0, "half");
         Node& second = add(*function.mutable_node(), inner.c_str(), "second", {"half"}, {"out"});
         second.set_domain("local");
       }
       call_function(m, "f59");
     }), "models/bad.onnx: its functions stand for more than 200000 nodes or 1073741824 bytes; a small file that grows so much is taken for damaged"},
    {"functions that call each other seventy deep", net([](Model& m) {
       add_function(m, "f0", "Relu");
       for (int i = 1; i <= 70; ++i) add_function(m, ("f" + std::to_string(i)).c_str(), ("f" + std::to_string(i - 1)).c_str());
       call_function(m, "f70");
     }), "models/bad.onnx: functions call each other more than 64 deep"},

    // What the model and the data say of each other.
    {"two inputs and one array", net([](Model& m) { *m.mutable_graph()->add_input() = m.graph().input(0); m.mutable_graph()->mutable_input(1)->set_name("x2"); }), "x.npy: a single .npy feeds one input, but the model has 2: 'x', 'x2'; give an .npz or a folder of .npy named like them"},
    {"two inputs and a folder of pictures", net([](Model& m) { *m.mutable_graph()->add_input() = m.graph().input(0); m.mutable_graph()->mutable_input(1)->set_name("x2"); }), "photos: a folder of pictures feeds one input, but the model has 2: 'x', 'x2'; give an .npz or a folder of .npy named like them", "photos"},
    {"an input of another shape", net([](Model& m) { m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(2)->set_dim_value(9); }), "x.npy: has shape [2, 3, 8, 8], but the model's input 'x' takes [N, 3, 9, 8] (the first axis counts samples)"},
    {"an input of another type", net([](Model& m) {
       m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT64);
       Node cast = add(*m.mutable_graph()->mutable_node(), "Cast", "cast", {"x"}, {"real"});
       set(cast, "to", onnx::TensorProto::FLOAT);
       *m.mutable_graph()->mutable_node()->rbegin() = cast;
       node(m, "conv1").set_input(0, "real");
     }), "x.npy: holds float32, but the model's input 'x' takes int64; save it as that"},
};

class MalformedModels : public CommandTest {};

TEST_F(MalformedModels, AreRefusedInOneSentence) {
  write_inputs(path("x.npy"), 2);
  fs::create_directory(path("photos"));
  fs::copy_file(fs::path(HALFTONE_SOURCE_DIR) / "tests/data/vectors/pictures" / "grey.png", path("photos/a.png"));
  std::set<std::string> kinds;
  for (const Malformed& row : kMalformed) {
    SCOPED_TRACE(row.how);
    EXPECT_TRUE(kinds.insert(row.how).second) << "twice in the table";
    fs::create_directory(path("models"));
    folder_.write("models/bad.onnx", row.file(folder_ / "models"));
    const Outcome outcome = halftone({"evaluate", "models/bad.onnx", "--data", row.data});
    EXPECT_EQ(outcome.status, 1) << outcome;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "halftone: " + std::regex_replace(std::string(row.message), std::regex("MEMORY"), format_bytes(memory_of_machine())) + "\n");
    EXPECT_LT(outcome.seconds, 20) << "it should be refused in a moment";
    fs::remove_all(path("models"));
  }
  EXPECT_GE(kinds.size(), 40u);
}

}  // namespace
}  // namespace halftone::test
