INSERT INTO t VALUES ('alpha', 1), ('Beta', 2), ('gamma', 3), ('_x', 4), ('z', 5), ('ö', 6);
