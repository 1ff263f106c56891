INSERT INTO t VALUES ('alpha', 1), ('Beta', 20), ('gamma', 3), ('_x', 4), ('z', 5), ('extra', 7);
