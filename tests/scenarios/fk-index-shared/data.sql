INSERT INTO store VALUES (1), (2); INSERT INTO inventory VALUES (1, 1, 10), (2, 2, 10), (3, 2, 11);
