INSERT INTO t VALUES
  (1, 0, 0, 0, 0), (2, 1, 49, 0x13131, 0xffffffffffffffff), (3, NULL, NULL, NULL, NULL),
  (4, 1, 255, 0x1ffff, 0x8000000000000000), (5, 1, 92, 0x5c27, 0x00000000000000ff);
