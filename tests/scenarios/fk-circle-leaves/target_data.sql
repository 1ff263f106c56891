INSERT INTO people VALUES ('ann', 'ann');
INSERT INTO staff VALUES (10, 10, 'own boss'), (11, 10, 'eleven'), (12, NULL, 'a'), (13, 12, 'b');
UPDATE staff SET boss = 13 WHERE id = 12;
UPDATE staff SET boss = 13 WHERE id = 2;
INSERT INTO nodes VALUES (10, 10), (11, 10), (12, 11);
INSERT INTO loose VALUES (10, 10), (11, 10);
