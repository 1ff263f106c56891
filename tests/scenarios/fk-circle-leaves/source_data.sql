INSERT INTO people VALUES ('ANN', 'ANN');
INSERT INTO staff VALUES (30, 30, 'own boss');
