UPDATE team SET captain = 1 WHERE id = 1; INSERT INTO team VALUES (2, 1); INSERT INTO player VALUES (2, 2);
