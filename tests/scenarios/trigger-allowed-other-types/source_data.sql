INSERT INTO a VALUES ('', 1), ('7 of them', 2);
