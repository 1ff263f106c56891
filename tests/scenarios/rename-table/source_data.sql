INSERT INTO orders VALUES (1, 1); INSERT INTO order_items VALUES (1, 1);
